/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "reconcile/request/classify.h"
#include "reconcile/request/dispatch_internal.h"
#include "reconcile/request/retry.h"

/* How long an access key stays locked (API.md section 5). */
#define LOCKOUT_USEC (5 * USEC_PER_MINUTE)

/* With a permit, which it gives up where nothing is sent. */
static void dispatch_send(Dispatch *dispatch, Call *call)
{
    int r;

    assert(!call->is_in_flight && !dispatch->has_failed && !dispatch->is_abandoned);
    assert(!dispatch->is_stopped || call->is_bound);
    assert(!dispatch->holds_changes || !request_is_change(call->request.kind));
    r = dispatch->ops->submit(dispatch->context, &call->request);
    if (r == -EKEYEXPIRED)
        limiter_end(&dispatch->permits);
    if (r == -EKEYEXPIRED && dispatch->is_stopped) {
        call->on_end(call, CALL_STOPPED, NULL, &dispatch->failure);
        return;
    }
    if (r == -EKEYEXPIRED) {
        dispatch_withhold(dispatch, call);
        return;
    }
    throttle_note(dispatch->throttle, dispatch_now(dispatch));
    call->attempts++;
    call->generation = dispatch->generation;
    call->was_withheld = false;
    call->is_in_flight = true;
    dispatch->in_flight++;
    if (r < 0) {
        Answer answer = {.kind = r == -ENOMEM   ? ANSWER_NOT_SENT
                                 : r == -ESTALE ? ANSWER_WITHHELD
                                                : ANSWER_REFUSED};
        Err err = {0};

        if (r == -ESTALE)
            err_set(&err, r, "it was not sent: it might outlive the lease of this host");
        else
            err_system(&err, r, "the request was not sent");
        memcpy(answer.message, err.text, sizeof(answer.message) - 1);
        dispatch_on_answer(dispatch, call, &answer);
    }
}

/* Sends the first ready call, unless its owner would not have it sent any more. */
static void dispatch_send_first(Dispatch *dispatch)
{
    Call *call = queue_pop(&dispatch->ready);
    Err why = {0};

    if (!call->may_send || call->may_send(call, &why)) {
        dispatch_send(dispatch, call);
        return;
    }
    limiter_end(&dispatch->permits);
    call->on_end(call, CALL_STOPPED, NULL, &why);
}

/* The moment at which the first ready call may be sent; USEC_NEVER while a renewal is awaited. */
static uint64_t dispatch_open_usec(const Dispatch *dispatch, uint64_t now_usec)
{
    return dispatch->is_renewing ? USEC_NEVER : throttle_next_usec(dispatch->throttle, now_usec);
}

/* A permit is the last thing asked for: what judges a call comes after it. */
void dispatch_pump(Dispatch *dispatch)
{
    bool is_permitted = true;
    Call *call;

    while (dispatch_has_slot(dispatch) &&
           (call = queue_pop_due(&dispatch->waiting, dispatch_now(dispatch))))
        dispatch_make_ready(dispatch, call);
    while (dispatch->ready.count > 0 && is_permitted) {
        uint64_t now_usec = dispatch_now(dispatch);

        if (dispatch_open_usec(dispatch, now_usec) > now_usec)
            break;
        is_permitted = limiter_take(&dispatch->permits, dispatch->ready.first->is_bound, now_usec);
        if (is_permitted)
            dispatch_send_first(dispatch);
    }
}

void dispatch_rest(Dispatch *dispatch)
{
    uint64_t now_usec = dispatch_now(dispatch);
    bool may_send = dispatch->ready.count > 0 && dispatch_open_usec(dispatch, now_usec) <= now_usec;

    assert(!dispatch->permits.limiter || dispatch->permits.used == dispatch->in_flight);
    limiter_rest(&dispatch->permits, may_send);
}

uint64_t dispatch_next_usec(const Dispatch *dispatch)
{
    uint64_t ready_usec = USEC_NEVER, due_usec = USEC_NEVER;

    if (dispatch->ready.count > 0 && !limiter_is_waiting(&dispatch->permits))
        ready_usec = dispatch_open_usec(dispatch, dispatch_now(dispatch));
    if (dispatch_has_slot(dispatch))
        due_usec = queue_next_due_usec(&dispatch->waiting);
    return ready_usec < due_usec ? ready_usec : due_usec;
}

/* How long the answer asks us to wait. Throttling holds all requests for that long, whether or not
 * this call is sent again. */
static uint64_t dispatch_delay(Dispatch *dispatch, const Call *call, Verdict verdict,
                               const Answer *answer)
{
    uint64_t delay_usec =
        retry_delay_after_usec(verdict, answer, &dispatch->config->retry,
                               call->attempts - 1 - call->was_replayed, dispatch_random(dispatch));

    assert(call->attempts > call->was_replayed);
    if (verdict == VERDICT_THROTTLE)
        throttle_hold(dispatch->throttle, dispatch_now(dispatch) + delay_usec);
    return delay_usec;
}

/* Waits for the next attempt, or ends the call when there is none left. */
static void dispatch_retry(Dispatch *dispatch, Call *call, uint64_t delay_usec,
                           const Answer *answer, Err *err)
{
    if (call->is_probe || call->attempts >= dispatch->config->retry.attempts) {
        err_context(err, -EREMOTEIO, "given up after %u attempt%s", call->attempts,
                    call->attempts == 1 ? "" : "s");
        call->on_end(call, CALL_FAILED, answer, err);
        return;
    }
    call->due_usec = dispatch_now(dispatch) + delay_usec;
    dispatch_tell(dispatch, EVENT_RETRY, call, delay_usec, err);
    queue_push(&dispatch->waiting, call);
}

/* Once the pass is stopped, the instance failed or the call is withdrawn, an answer that calls for
 * another send ends its call instead; a bound one is sent again, but with no new credential. */
static bool dispatch_ends_here(Dispatch *dispatch, Call *call, Verdict verdict,
                               const Answer *answer, const Err *err)
{
    bool sends_again = classify_sends_again(verdict) || verdict == VERDICT_RENEW;
    bool goes_on = dispatch_sends(dispatch, call) && !call->is_withdrawn &&
                   !(verdict == VERDICT_RENEW && dispatch->is_stopped);

    if (!sends_again || goes_on)
        return false;
    call->on_end(call, dispatch->has_failed ? CALL_INSTANCE : CALL_STOPPED, answer, err);
    return true;
}

static bool dispatch_is_silent(const Answer *answer)
{
    return (answer->kind != ANSWER_HTTP && answer->kind != ANSWER_ODD) ||
           classify_is_unheard(answer);
}

static void dispatch_note_answer(Call *call, const Err *err)
{
    call->last = (CallAnswer){.http = err->http};
    str_copy(call->last.code, sizeof(call->last.code), err->code);
    str_copy(call->last.request_id, sizeof(call->last.request_id), err->request_id);
}

/* Of what was done, nothing is to be explained. */
static void dispatch_explain(const Dispatch *dispatch, const Call *call, Verdict verdict,
                             const Answer *answer, Err *ret_err)
{
    if (verdict == VERDICT_DONE) {
        err_clear(ret_err);
        classify_name(answer, ret_err);
        return;
    }
    classify_explain(answer, call->doing, ret_err);
    classify_advise(&dispatch->config->instances[dispatch->instance], call->request.kind, verdict,
                    answer, ret_err);
}

void dispatch_on_answer(Dispatch *dispatch, Call *call, const Answer *answer)
{
    Verdict verdict = classify(call->request.kind, answer);
    uint64_t delay_usec = 0;
    Err err = {0};

    assert(call->is_in_flight && dispatch->in_flight > 0);
    call->is_in_flight = false;
    dispatch->in_flight--;
    if (answer->kind != ANSWER_REFUSED && answer->kind != ANSWER_WITHHELD)
        dispatch->throttle->peer.is_silent = dispatch_is_silent(answer);
    limiter_end(&dispatch->permits);
    if (answer->has_date)
        dispatch->has_clock_apart = answer->clock_apart_usec > DISPATCH_CLOCK_APART_USEC;
    call->attempts -= answer->kind == ANSWER_WITHHELD;
    call->had_trouble = call->had_trouble || verdict != VERDICT_DONE;
    call->was_ambiguous = call->was_ambiguous || classify_is_ambiguous(answer);
    call->was_unheard = call->was_unheard || classify_is_unheard(answer);
    dispatch_explain(dispatch, call, verdict, answer, &err);
    dispatch_note_answer(call, &err);
    if (classify_sends_again(verdict))
        delay_usec = dispatch_delay(dispatch, call, verdict, answer);
    if (classify_is_lockout(answer))
        throttle_hold(dispatch->throttle, dispatch_now(dispatch) + LOCKOUT_USEC);
    if (dispatch_ends_here(dispatch, call, verdict, answer, &err))
        return;
    switch (verdict) {
    case VERDICT_DONE:
        call->on_end(call, CALL_DONE, answer, &err);
        return;
    case VERDICT_UNCERTAIN:
        call->on_end(call, CALL_UNCERTAIN, answer, &err);
        return;
    case VERDICT_ODD:
        call->on_end(call, CALL_ODD, answer, &err);
        return;
    case VERDICT_GONE:
        call->on_end(call, CALL_GONE, answer, &err);
        return;
    case VERDICT_RETRY:
    case VERDICT_RETRY_SLOW:
    case VERDICT_THROTTLE:
        dispatch_retry(dispatch, call, delay_usec, answer, &err);
        return;
    case VERDICT_RENEW:
        dispatch_refuse(dispatch, call, &err);
        return;
    case VERDICT_PERMANENT:
        call->on_end(call, CALL_FAILED, answer, &err);
        return;
    case VERDICT_WITHHELD:
        call->on_end(call, CALL_WITHHELD, answer, &err);
        return;
    case VERDICT_CHANNEL:
        call->on_end(call, CALL_CHANNEL, answer, &err);
        return;
    case VERDICT_INSTANCE:
        dispatch_fail(dispatch, &err);
        call->on_end(call, CALL_INSTANCE, answer, &err);
        return;
    }
}
