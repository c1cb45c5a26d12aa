/* SPDX-License-Identifier: MIT */
#include "daemon/control/fleet_request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/control/reply.h"

void fleet_request_drop(FleetRequest *waiting)
{
    FleetRequest **place = &waiting->control->fleet_requests;

    while (*place != waiting)
        place = &(*place)->next;
    *place = waiting->next;
    shared_cancel(waiting->asking);
    store_pauses_done(&waiting->replaced);
    arena_done(&waiting->arena);
    free(waiting);
}

static int fleet_request_copy_pause(FleetRequest *waiting, const StorePause *pause)
{
    const char *const from[] = {pause->scope.instance_key, pause->scope.instance_name,
                                pause->scope.channel_id, pause->scope.channel_name, pause->reason};
    const char **const to[] = {&waiting->pause.scope.instance_key,
                               &waiting->pause.scope.instance_name,
                               &waiting->pause.scope.channel_id, &waiting->pause.scope.channel_name,
                               &waiting->pause.reason};

    waiting->pause = *pause;
    for (size_t i = 0; i < ELEMENTS(from); i++) {
        *to[i] = from[i] ? arena_string(&waiting->arena, from[i]) : NULL;
        if (from[i] && !*to[i])
            return -ENOMEM;
    }
    return 0;
}

int fleet_request_new(Control *control, ServerRequest *request, FleetRequestAnswer answer,
                      const char *at_end, const StorePause *pause, FleetRequest **ret_waiting,
                      Err *err)
{
    FleetRequest *waiting = calloc(1, sizeof(*waiting));

    if (!waiting)
        return err_memory(err);
    *waiting = (FleetRequest){.control = control,
                              .next = control->fleet_requests,
                              .request = request,
                              .answer = answer,
                              .at_end = at_end};
    control->fleet_requests = waiting;
    if (pause && fleet_request_copy_pause(waiting, pause) < 0) {
        fleet_request_drop(waiting);
        return err_memory(err);
    }
    *ret_waiting = waiting;
    return 0;
}

void fleet_request_on_outcome(void *userdata, const SharedOutcome *outcome)
{
    FleetRequest *waiting = userdata;

    waiting->asking = NULL; /* it is over */
    waiting->answer(waiting, outcome);
    fleet_request_drop(waiting);
}

void fleet_request_end_all(Control *control)
{
    while (control->fleet_requests) {
        char text[512];

        snprintf(text, sizeof(text), "rosterd is ending: %s", control->fleet_requests->at_end);
        reply_refuse(control->fleet_requests->request, 503, text);
        fleet_request_drop(control->fleet_requests);
    }
}
