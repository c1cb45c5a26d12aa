/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_fleet.h"

#include <errno.h>

#include "daemon/control/reply.h"

#define HANDLE_FLEET_NONE                                                                          \
    "this rosterd belongs to no fleet: its settings have no `fleet`, so that it makes the passes " \
    "over all its instances itself"

void handle_fleet(Control *control, ServerRequest *request)
{
    (void)control;
    reply_refuse(request, 409, HANDLE_FLEET_NONE);
}

int handle_drain(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    static const char *const keys[] = {NULL};
    int r = json_check_keys(root, keys, err);

    (void)control;
    (void)request;
    return r < 0 ? r : err_set(err, -EALREADY, HANDLE_FLEET_NONE);
}

int handle_undrain(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    return handle_drain(control, request, root, err);
}
