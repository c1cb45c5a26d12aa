/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>

#include "reconcile/request/dispatch_internal.h"

/* The call waits in `refused` for a new credential; `why` is the refusal, NULL where it was not
 * even sent. */
static void dispatch_await_renewal(Dispatch *dispatch, Call *call, const Err *why)
{
    assert(!dispatch->is_stopped && !dispatch->has_failed);
    if (!dispatch->refused.first)
        dispatch->refusal = why ? *why : (Err){0};
    queue_push(&dispatch->refused, call);
    if (dispatch->is_renewing)
        return;
    dispatch->is_renewing = true;
    if (dispatch->ops->renew(dispatch->context, dispatch->instance) < 0)
        dispatch_on_renewed(dispatch, RENEWAL_UNCHANGED, NULL);
}

void dispatch_withhold(Dispatch *dispatch, Call *call)
{
    Err err = {0};

    if (!call->was_withheld) {
        call->was_withheld = true;
        dispatch_await_renewal(dispatch, call, NULL);
        return;
    }
    err_set(&err, -EKEYEXPIRED,
            "%s: the new credential has expired already: check this host's clock", call->doing);
    dispatch_fail(dispatch, &err);
    call->on_end(call, CALL_INSTANCE, NULL, &err);
}

void dispatch_refuse(Dispatch *dispatch, Call *call, const Err *err)
{
    assert(call->generation <= dispatch->generation && !call->is_in_flight);
    if (call->was_replayed) {
        dispatch_fail(dispatch, err);
        call->on_end(call, CALL_INSTANCE, NULL, err);
        return;
    }
    if (call->generation != dispatch->generation) {
        call->was_replayed = true;
        dispatch_make_ready(dispatch, call);
        return;
    }
    call->was_refused = true;
    dispatch_await_renewal(dispatch, call, err);
}

/* Why there is no new credential, in the words of the one that failed, or else of the refusal. */
static void dispatch_fail_unrenewed(Dispatch *dispatch, Renewal renewal, const Err *err)
{
    const Call *first = dispatch->refused.first;
    Err failure = first ? dispatch->refusal : (Err){0};

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
        dispatch_make_ready(dispatch, call);
    }
    if (any_refused)
        dispatch_tell(dispatch, EVENT_RENEWED, NULL, 0, NULL);
}
