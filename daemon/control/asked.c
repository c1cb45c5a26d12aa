/* SPDX-License-Identifier: MIT */
#include "daemon/control/asked.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon/control/reply.h"

void asked_drop(Asked *asked)
{
    Asked **place = &asked->control->asked;

    while (*place != asked)
        place = &(*place)->next;
    *place = asked->next;
    shared_cancel(asked->asking);
    store_pauses_done(&asked->replaced);
    arena_done(&asked->arena);
    free(asked);
}

static int asked_copy_pause(Asked *asked, const StorePause *pause)
{
    const char *const from[] = {pause->scope.instance_key, pause->scope.instance_name,
                                pause->scope.channel_id, pause->scope.channel_name, pause->reason};
    const char **const to[] = {&asked->pause.scope.instance_key, &asked->pause.scope.instance_name,
                               &asked->pause.scope.channel_id, &asked->pause.scope.channel_name,
                               &asked->pause.reason};

    asked->pause = *pause;
    for (size_t i = 0; i < ELEMENTS(from); i++) {
        *to[i] = from[i] ? arena_string(&asked->arena, from[i]) : NULL;
        if (from[i] && !*to[i])
            return -ENOMEM;
    }
    return 0;
}

int asked_new(Control *control, ServerRequest *request, AskedAnswer answer, const StorePause *pause,
              Asked **ret_asked, Err *err)
{
    Asked *asked = calloc(1, sizeof(*asked));

    if (!asked)
        return err_memory(err);
    *asked =
        (Asked){.control = control, .next = control->asked, .request = request, .answer = answer};
    control->asked = asked;
    if (pause && asked_copy_pause(asked, pause) < 0) {
        asked_drop(asked);
        return err_memory(err);
    }
    *ret_asked = asked;
    return 0;
}

void asked_on_outcome(void *userdata, const SharedOutcome *outcome)
{
    Asked *asked = userdata;

    asked->asking = NULL; /* it is over */
    asked->answer(asked, outcome);
    asked_drop(asked);
}

void asked_end_all(Control *control)
{
    while (control->asked) {
        reply_refuse(control->asked->request, 503, "rosterd is ending");
        asked_drop(control->asked);
    }
}
