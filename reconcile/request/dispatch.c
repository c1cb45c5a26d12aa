/* SPDX-License-Identifier: MIT */
#include "reconcile/request/dispatch.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "reconcile/request/advice.h"
#include "reconcile/request/classify.h"

/* How long an access key stays locked (API.md section 5). */
#define LOCKOUT_USEC (5 * USEC_PER_MINUTE)

void dispatch_init(Dispatch *dispatch, const Config *config, const Ops *ops, void *context,
                   size_t instance, const char *pass_id, Gate *gate)
{
    *dispatch = (Dispatch){
        .config = config,
        .ops = ops,
        .context = context,
        .pass_id = pass_id,
        .instance = instance,
        .gate = gate,
    };
}

static uint64_t dispatch_now(const Dispatch *dispatch)
{
    return dispatch->ops->now_usec(dispatch->context);
}

uint64_t dispatch_random(const Dispatch *dispatch)
{
    return dispatch->ops->random(dispatch->context);
}

static void dispatch_tell(const Dispatch *dispatch, EventKind kind, const Call *call,
                          uint64_t wait_usec, const Err *err)
{
    const Request *request = call ? &call->request : NULL;
    const RosterChannel *channel = request ? request->channel : NULL;
    Event event = {
        .kind = kind,
        .roster = channel,
        .pass = dispatch->pass_id,
        .instance_name = dispatch->config->instances[dispatch->instance].name,
        .channel_name = channel && channel->name ? channel->name : "",
        .channel_id = request && request->channel_id ? request->channel_id : "",
        .member = "",
        .member_id = request && request->member_id ? request->member_id : "",
        .digest = "",
        .attempt = call ? call->attempts : 0,
        .wait_usec = wait_usec,
        .err = err,
    };

    dispatch->ops->tell(dispatch->context, &event);
}

/* Ends all calls of a queue. Their owners may begin others, which end at once by themselves. */
static void dispatch_end_queue(CallQueue *queue, CallEnd end, const Err *err)
{
    CallQueue ending = *queue;
    Call *call;

    *queue = (CallQueue){0};
    while ((call = queue_pop(&ending)))
        call->on_end(call, end, NULL, err);
}

static void dispatch_end_all(Dispatch *dispatch, CallEnd end)
{
    dispatch_end_queue(&dispatch->ready, end, &dispatch->failure);
    dispatch_end_queue(&dispatch->waiting, end, &dispatch->failure);
    dispatch_end_queue(&dispatch->refused, end, &dispatch->failure);
}

void dispatch_fail(Dispatch *dispatch, const Err *err)
{
    if (dispatch->has_failed)
        return;
    dispatch->has_failed = true;
    dispatch->failure = *err;
    dispatch_tell(dispatch, EVENT_INSTANCE_FAILED, NULL, 0, err);
    dispatch_end_all(dispatch, CALL_INSTANCE);
}

void dispatch_stop(Dispatch *dispatch, const char *why)
{
    if (dispatch->is_stopped)
        return;
    dispatch->is_stopped = true;
    if (!dispatch->has_failed)
        err_set(&dispatch->failure, -ECANCELED, "%s", why);
    dispatch_end_all(dispatch, dispatch->has_failed ? CALL_INSTANCE : CALL_STOPPED);
}

void dispatch_abandon(Dispatch *dispatch, Call *call)
{
    call->is_in_flight = false;
    call->was_ambiguous = call->was_unheard = true;
    dispatch->in_flight--;
    call->on_end(call, CALL_STOPPED, NULL, &dispatch->failure);
}

void dispatch_begin(Dispatch *dispatch, Call *call, uint64_t delay_usec)
{
    call->attempts = 0;
    call->was_ambiguous = call->was_unheard = false;
    call->was_refused = call->was_replayed = call->was_withheld = call->is_withdrawn = false;
    err_clear(&call->last);
    if (dispatch->has_failed || dispatch->is_stopped) {
        call->on_end(call, dispatch->has_failed ? CALL_INSTANCE : CALL_STOPPED, NULL,
                     &dispatch->failure);
        return;
    }
    /* Whoever comes from a wait, where it had given its place away, waits for another. */
    call->due_usec = dispatch_now(dispatch) + delay_usec;
    queue_push(delay_usec || !dispatch_has_place(dispatch) ? &dispatch->waiting : &dispatch->ready,
               call);
}

bool dispatch_has_place(const Dispatch *dispatch)
{
    return dispatch->ready.count + dispatch->refused.count + dispatch->in_flight + dispatch->kept <
           dispatch->config->limits.concurrency;
}

void dispatch_keep_place(Dispatch *dispatch)
{
    dispatch->kept++;
}

void dispatch_give_place(Dispatch *dispatch)
{
    dispatch->kept--;
}

void dispatch_withdraw(Dispatch *dispatch, Call *call, const Err *why)
{
    call->is_withdrawn = call->is_in_flight;
    if (queue_take(&dispatch->ready, call) || queue_take(&dispatch->waiting, call) ||
        queue_take(&dispatch->refused, call))
        call->on_end(call, CALL_STOPPED, NULL, why);
}

/* The call waits in `refused` for a new credential. */
static void dispatch_await_renewal(Dispatch *dispatch, Call *call)
{
    queue_push(&dispatch->refused, call);
    if (dispatch->is_renewing)
        return;
    dispatch->is_renewing = true;
    if (dispatch->ops->renew(dispatch->context, dispatch->instance) < 0)
        dispatch_on_renewed(dispatch, RENEWAL_UNCHANGED, NULL);
}

/* There is no credential to send it with. A new one that is no good either must not be the
 * beginning of a chain of renewals. */
static void dispatch_withhold(Dispatch *dispatch, Call *call)
{
    Err err = {0};

    if (!call->was_withheld) {
        call->was_withheld = true;
        dispatch_await_renewal(dispatch, call);
        return;
    }
    err_set(&err, -EKEYEXPIRED,
            "%s: the new credential has expired already: check this host's clock", call->doing);
    dispatch_fail(dispatch, &err);
    call->on_end(call, CALL_INSTANCE, NULL, &err);
}

static void dispatch_send(Dispatch *dispatch, Call *call)
{
    int r = dispatch->ops->submit(dispatch->context, &call->request);

    if (r == -EKEYEXPIRED) {
        dispatch_withhold(dispatch, call);
        return;
    }
    rate_note(&dispatch->gate->rate, dispatch_now(dispatch));
    call->attempts++;
    call->generation = dispatch->generation;
    call->was_withheld = false;
    call->is_in_flight = true;
    dispatch->in_flight++;
    if (r < 0) {
        Answer answer = {.kind = r == -ENOMEM ? ANSWER_NOT_SENT : ANSWER_REFUSED};
        Err err = {0};

        err_system(&err, r, "the request was not sent");
        memcpy(answer.message, err.text, sizeof(answer.message) - 1);
        dispatch_on_answer(dispatch, call, &answer);
    }
}

/* The moment at which the first ready call may be sent; USEC_NEVER while a renewal is awaited. */
static uint64_t dispatch_open_usec(const Dispatch *dispatch, uint64_t now_usec)
{
    return dispatch->is_renewing ? USEC_NEVER : gate_open_usec(dispatch->gate, now_usec);
}

void dispatch_pump(Dispatch *dispatch)
{
    Call *call;

    while (dispatch_has_place(dispatch) &&
           (call = queue_pop_due(&dispatch->waiting, dispatch_now(dispatch))))
        queue_push(&dispatch->ready, call);
    while (dispatch->ready.count > 0) {
        uint64_t now_usec = dispatch_now(dispatch);

        if (dispatch_open_usec(dispatch, now_usec) > now_usec)
            return;
        dispatch_send(dispatch, queue_pop(&dispatch->ready));
    }
}

uint64_t dispatch_next_usec(const Dispatch *dispatch)
{
    uint64_t ready_usec = USEC_NEVER, due_usec = USEC_NEVER;

    if (dispatch->ready.count > 0)
        ready_usec = dispatch_open_usec(dispatch, dispatch_now(dispatch));
    if (dispatch_has_place(dispatch))
        due_usec = queue_next_due_usec(&dispatch->waiting);
    return ready_usec < due_usec ? ready_usec : due_usec;
}

/* How long the answer asks us to wait. Throttling shuts the gate for that long, whether or not this
 * call is sent again. */
static uint64_t dispatch_delay(Dispatch *dispatch, const Call *call, Verdict verdict,
                               const Answer *answer)
{
    uint64_t delay_usec =
        classify_delay_usec(verdict, answer, &dispatch->config->retry,
                            call->attempts - 1 - call->was_replayed, dispatch_random(dispatch));

    if (verdict == VERDICT_THROTTLE)
        gate_hold(dispatch->gate, dispatch_now(dispatch) + delay_usec);
    return delay_usec;
}

/* Waits for the next attempt, or ends the call when there is none left. */
static void dispatch_retry(Dispatch *dispatch, Call *call, uint64_t delay_usec,
                           const Answer *answer)
{
    if (call->is_probe || call->attempts >= dispatch->config->retry.attempts) {
        err_context(&call->last, -EREMOTEIO, "given up after %u attempt%s", call->attempts,
                    call->attempts == 1 ? "" : "s");
        call->on_end(call, CALL_FAILED, answer, &call->last);
        return;
    }
    call->due_usec = dispatch_now(dispatch) + delay_usec;
    dispatch_tell(dispatch, EVENT_RETRY, call, delay_usec, &call->last);
    queue_push(&dispatch->waiting, call);
}

static void dispatch_refuse(Dispatch *dispatch, Call *call)
{
    if (call->was_replayed) {
        Err err = call->last;

        dispatch_fail(dispatch, &err);
        call->on_end(call, CALL_INSTANCE, NULL, &err);
        return;
    }
    if (call->generation != dispatch->generation) {
        call->was_replayed = true;
        queue_push(&dispatch->ready, call);
        return;
    }
    call->was_refused = true;
    dispatch_await_renewal(dispatch, call);
}

/* Why there is no new credential, in the words of the one that failed, or else of the refusal. */
static void dispatch_fail_unrenewed(Dispatch *dispatch, Renewal renewal, const Err *err)
{
    const Call *first = dispatch->refused.first;
    Err failure = first ? first->last : (Err){0};

    if (renewal == RENEWAL_FAILED && err) {
        failure = *err;
        if (first && first->was_refused)
            err_context(&failure, -EACCES, "the credential was refused and cannot be renewed");
    }
    if (!err_is_set(&failure))
        err_set(&failure, -ENOKEY, "there is no credential to send with");
    dispatch_fail(dispatch, &failure);
}

void dispatch_on_renewed(Dispatch *dispatch, Renewal renewal, const Err *err)
{
    CallQueue refused = dispatch->refused;
    bool any_refused = false;
    Call *call;

    if (!dispatch->is_renewing)
        return;
    dispatch->is_renewing = false;
    if (dispatch->is_stopped)
        return;
    if (renewal != RENEWAL_DONE) {
        dispatch_fail_unrenewed(dispatch, renewal, err);
        return;
    }
    dispatch->generation++;
    dispatch->refused = (CallQueue){0};
    while ((call = queue_pop(&refused))) {
        any_refused = any_refused || call->was_refused;
        call->was_replayed = call->was_refused;
        queue_push(&dispatch->ready, call);
    }
    if (any_refused)
        dispatch_tell(dispatch, EVENT_RENEWED, NULL, 0, NULL);
}

/* Once the pass is stopped, the instance failed or the call is withdrawn, an answer that calls for
 * another send ends its call instead. */
static bool dispatch_ends_here(Dispatch *dispatch, Call *call, Verdict verdict,
                               const Answer *answer)
{
    bool sends_again = classify_sends_again(verdict) || verdict == VERDICT_RENEW;

    if (!sends_again || !(dispatch->is_stopped || dispatch->has_failed || call->is_withdrawn))
        return false;
    call->on_end(call, dispatch->has_failed ? CALL_INSTANCE : CALL_STOPPED, answer, &call->last);
    return true;
}

void dispatch_on_answer(Dispatch *dispatch, Call *call, const Answer *answer)
{
    Verdict verdict = classify(call->request.kind, answer);
    uint64_t delay_usec = 0;

    call->is_in_flight = false;
    dispatch->in_flight--;
    call->was_ambiguous = call->was_ambiguous || classify_is_ambiguous(answer);
    call->was_unheard = call->was_unheard || classify_is_unheard(answer);
    classify_explain(answer, call->doing, &call->last);
    advice_add(&dispatch->config->instances[dispatch->instance], call->request.kind, verdict,
               answer, &call->last);
    if (classify_sends_again(verdict))
        delay_usec = dispatch_delay(dispatch, call, verdict, answer);
    if (classify_is_lockout(answer))
        gate_hold(dispatch->gate, dispatch_now(dispatch) + LOCKOUT_USEC);
    if (dispatch_ends_here(dispatch, call, verdict, answer))
        return;
    switch (verdict) {
    case VERDICT_DONE:
        call->on_end(call, CALL_DONE, answer, &call->last);
        return;
    case VERDICT_UNCERTAIN:
        call->on_end(call, CALL_UNCERTAIN, answer, &call->last);
        return;
    case VERDICT_ODD:
        call->on_end(call, CALL_ODD, answer, &call->last);
        return;
    case VERDICT_GONE:
        call->on_end(call, CALL_GONE, answer, &call->last);
        return;
    case VERDICT_RETRY:
    case VERDICT_RETRY_SLOW:
    case VERDICT_THROTTLE:
        dispatch_retry(dispatch, call, delay_usec, answer);
        return;
    case VERDICT_RENEW:
        dispatch_refuse(dispatch, call);
        return;
    case VERDICT_PERMANENT:
        call->on_end(call, CALL_FAILED, answer, &call->last);
        return;
    case VERDICT_CHANNEL:
        call->on_end(call, CALL_CHANNEL, answer, &call->last);
        return;
    case VERDICT_INSTANCE: {
        Err err = call->last;

        dispatch_fail(dispatch, &err);
        call->on_end(call, CALL_INSTANCE, answer, &err);
        return;
    }
    }
}
