/* SPDX-License-Identifier: MIT */
#include "tests/unit/dispatch_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/walk.h"

static void put_queue(const char *name, const CallQueue *queue, const Call *reading, Buf *buf)
{
    size_t count = 0;

    if (queue->count > 0)
        buf_printf(buf, ", %s:", name);
    for (const Call *call = queue->first; call; call = call->next, count++)
        buf_puts(buf, call == reading ? " r" : " d");
    assert_int_equal(count, queue->count);
}

static void put_call(const char *name, const Call *call, Buf *buf)
{
    buf_printf(buf, "; %s %u sends%s%s%s%s%s%s%s%s", name, call->attempts,
               call->is_in_flight ? ", in flight" : "", call->was_ambiguous ? ", ambiguous" : "",
               call->was_unheard ? ", unheard" : "", call->was_refused ? ", refused" : "",
               call->was_replayed ? ", replayed" : "", call->was_withheld ? ", withheld" : "",
               call->had_trouble ? ", trouble" : "", call->is_withdrawn ? ", withdrawn" : "");
    if (call->last.http)
        buf_printf(buf, ", last %d %s %s", call->last.http, call->last.code, call->last.request_id);
}

void dispatch_words_put(const Dispatch *dispatch, const Call *calls, Buf *buf)
{
    buf_printf(buf, "%zu in flight, credential %u%s%s%s%s%s%s", dispatch->in_flight,
               (unsigned)dispatch->generation, dispatch->is_renewing ? ", renewing" : "",
               dispatch->is_stopped ? ", stopped" : "", dispatch->is_abandoned ? ", abandoned" : "",
               dispatch->has_failed ? ", failed" : "",
               dispatch->holds_changes ? ", holds changes" : "",
               dispatch_has_slot(dispatch) ? "" : ", full");
    if (err_is_set(&dispatch->failure))
        buf_printf(buf, " (%s)", dispatch->failure.text);
    put_queue("ready", &dispatch->ready, calls, buf);
    put_queue("waiting", &dispatch->waiting, calls, buf);
    put_queue("refused", &dispatch->refused, calls, buf);
    put_queue("held", &dispatch->held, calls, buf);
    walk_put_moment(buf, ", next", dispatch_next_usec(dispatch),
                    dispatch->ops->now_usec(dispatch->context));
    buf_puts(buf, dispatch->throttle->peer.is_silent ? ", silent" : "");
    put_call("reading", &calls[0], buf);
    put_call("deletion", &calls[1], buf);
}
