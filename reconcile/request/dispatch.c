/* SPDX-License-Identifier: MIT */
#include "reconcile/request/dispatch.h"

#include <assert.h>
#include <errno.h>

#include "reconcile/request/dispatch_internal.h"

static void dispatch_wake(void *userdata)
{
    const Dispatch *dispatch = userdata;

    dispatch->ops->wake_at(dispatch->context, dispatch_now(dispatch));
}

void dispatch_init(Dispatch *dispatch, const Config *config, const Ops *ops, void *context,
                   size_t instance, const char *pass_id, Throttle *throttle)
{
    assert(config && ops && throttle && instance < config->instance_count);
    *dispatch = (Dispatch){
        .config = config,
        .ops = ops,
        .context = context,
        .pass_id = pass_id,
        .instance = instance,
        .throttle = throttle,
    };
    limiter_join(throttle->limiter, &dispatch->permits, &throttle->peer, dispatch_wake, dispatch);
}

void dispatch_done(Dispatch *dispatch)
{
    limiter_leave(&dispatch->permits);
}

uint64_t dispatch_now(const Dispatch *dispatch)
{
    return dispatch->ops->now_usec(dispatch->context);
}

uint64_t dispatch_random(const Dispatch *dispatch)
{
    return dispatch->ops->random(dispatch->context);
}

void dispatch_tell(const Dispatch *dispatch, EventKind kind, const Call *call, uint64_t wait_usec,
                   const Err *err)
{
    const Request *request = call ? &call->request : NULL;
    const RosterChannel *channel = request ? request->channel : NULL;
    Event event = {
        .kind = kind,
        .roster = channel,
        .pass = dispatch->pass_id,
        .instance_name = dispatch->config->instances[dispatch->instance].name,
        .channel_name = call && call->channel_name ? call->channel_name
                        : channel && channel->name ? channel->name
                                                   : "",
        .channel_id = request && request->channel_id ? request->channel_id : "",
        .member = call && call->member ? call->member : "",
        .member_id = request && request->member_id ? request->member_id : "",
        .digest = "",
        .attempt = call ? call->attempts : 0,
        .wait_usec = wait_usec,
        .err = err,
    };

    dispatch->ops->tell(dispatch->context, &event);
}

bool dispatch_sends(const Dispatch *dispatch, const Call *call)
{
    if (dispatch->has_failed || dispatch->is_abandoned)
        return false;
    return !dispatch->is_stopped || (call->is_bound && !dispatch->holds_changes);
}

static CallEnd dispatch_end(const Dispatch *dispatch)
{
    return dispatch->has_failed ? CALL_INSTANCE : CALL_STOPPED;
}

/* Ends the calls of a queue that are not to be sent any more. Their owners may begin others, which
 * end at once by themselves unless they are bound. */
static void dispatch_end_queue(Dispatch *dispatch, CallQueue *queue)
{
    CallQueue ending = *queue;
    Call *call;

    *queue = (CallQueue){0};
    while ((call = queue_pop(&ending))) {
        if (queue != &dispatch->refused && dispatch_sends(dispatch, call))
            queue_push(queue, call);
        else
            call->on_end(call, dispatch_end(dispatch), NULL, &dispatch->failure);
    }
}

static void dispatch_end_all(Dispatch *dispatch)
{
    dispatch_end_queue(dispatch, &dispatch->ready);
    dispatch_end_queue(dispatch, &dispatch->waiting);
    dispatch_end_queue(dispatch, &dispatch->refused);
    dispatch_end_queue(dispatch, &dispatch->held);
}

void dispatch_fail(Dispatch *dispatch, const Err *err)
{
    assert(err_is_set(err));
    if (dispatch->has_failed)
        return;
    dispatch->has_failed = true;
    dispatch->failure = *err;
    dispatch_tell(dispatch, EVENT_INSTANCE_FAILED, NULL, 0, err);
    dispatch_end_all(dispatch);
}

void dispatch_stop(Dispatch *dispatch, const char *why)
{
    if (dispatch->is_stopped)
        return;
    dispatch->is_stopped = true;
    if (!dispatch->has_failed)
        err_set(&dispatch->failure, -ECANCELED, "%s", why);
    dispatch_end_all(dispatch);
}

void dispatch_stop_bound(Dispatch *dispatch)
{
    assert(dispatch->is_stopped);
    dispatch->is_abandoned = true;
    dispatch_end_all(dispatch);
}

void dispatch_abandon(Dispatch *dispatch, Call *call)
{
    assert(call->is_in_flight);
    call->is_in_flight = false;
    call->was_ambiguous = call->was_unheard = true;
    assert(dispatch->is_abandoned && dispatch->in_flight > 0);
    dispatch->in_flight--;
    limiter_end(&dispatch->permits);
    call->on_end(call, CALL_STOPPED, NULL, &dispatch->failure);
}

void dispatch_make_ready(Dispatch *dispatch, Call *call)
{
    bool is_held = dispatch->holds_changes && request_is_change(call->request.kind);

    queue_push(is_held ? &dispatch->held : &dispatch->ready, call);
}

void dispatch_begin(Dispatch *dispatch, Call *call, uint64_t delay_usec)
{
    assert(call->on_end && call->request.instance == dispatch->instance);
    assert(!call->is_in_flight && !call->next);
    call->attempts = 0;
    call->was_ambiguous = call->was_unheard = false;
    call->was_refused = call->was_replayed = call->was_withheld = call->is_withdrawn = false;
    call->last = (CallAnswer){0};
    if (!dispatch_sends(dispatch, call)) {
        call->on_end(call, dispatch_end(dispatch), NULL, &dispatch->failure);
        return;
    }
    /* A call that has waited gave its slot to others, so it waits for a free one. */
    call->due_usec = dispatch_now(dispatch) + delay_usec;
    if (delay_usec || !dispatch_has_slot(dispatch))
        queue_push(&dispatch->waiting, call);
    else
        dispatch_make_ready(dispatch, call);
}

/* In line for a permit there is none, unless what was in line has ended: no permit would come then
 * to begin the next channel by. */
bool dispatch_has_slot(const Dispatch *dispatch)
{
    if (dispatch->ready.count > 0 && limiter_is_waiting(&dispatch->permits))
        return false;
    return dispatch->ready.count + dispatch->refused.count + dispatch->in_flight + dispatch->kept <
           dispatch->config->limits.concurrency;
}

void dispatch_keep_slot(Dispatch *dispatch)
{
    dispatch->kept++;
}

void dispatch_give_slot(Dispatch *dispatch)
{
    assert(dispatch->kept > 0);
    dispatch->kept--;
}

void dispatch_withdraw(Dispatch *dispatch, Call *call, const Err *why)
{
    call->is_withdrawn = call->is_in_flight;
    if (queue_take(&dispatch->ready, call) || queue_take(&dispatch->waiting, call) ||
        queue_take(&dispatch->refused, call) || queue_take(&dispatch->held, call))
        call->on_end(call, CALL_STOPPED, NULL, why);
}

void dispatch_hold_changes(Dispatch *dispatch)
{
    CallQueue ready = dispatch->ready;
    Call *call;

    dispatch->holds_changes = true;
    dispatch->ready = (CallQueue){0};
    while ((call = queue_pop(&ready)))
        dispatch_make_ready(dispatch, call);
    if (dispatch->is_stopped)
        dispatch_end_all(dispatch);
}

/* The calls that were held have no slot: they wait for free ones. */
void dispatch_allow_changes(Dispatch *dispatch)
{
    Call *call;

    dispatch->holds_changes = false;
    while ((call = queue_pop(&dispatch->held)))
        queue_push(&dispatch->waiting, call);
}
