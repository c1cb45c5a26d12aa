/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/report/status_text.h"

static int ctl_status_show(json_object *root, bool colour, Buf *buf)
{
    return status_text_append(root, &(StatusTextOptions){.colour = colour}, buf);
}

int ctl_status(const Options *options)
{
    json_object *root = NULL;
    Err err = {0};
    int status, r = ctl_get(options, "/v1/status", &root, &err);

    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, ctl_status_show);
    json_object_put(root);
    return status;
}
