/* SPDX-License-Identifier: MIT */
#include "reconcile/schedule/progress.h"

#include <assert.h>

#include "daemon/base/clock.h"
#include "reconcile/schedule/schedule.h"

void progress_init(Progress *progress, uint64_t now_usec)
{
    *progress = (Progress){.wake_usec = USEC_NEVER, .moved_usec = now_usec};
}

void progress_note(Progress *progress, uint64_t now_usec)
{
    assert(now_usec >= progress->moved_usec);
    progress->moved_usec = now_usec;
}

void progress_on_submit(Progress *progress, RequestKind kind)
{
    progress->in_flight++;
    progress->changes_in_flight += request_is_change(kind);
}

void progress_on_answer(Progress *progress, RequestKind kind)
{
    assert(progress->in_flight > 0);
    assert(!request_is_change(kind) || progress->changes_in_flight > 0);
    progress->in_flight--;
    progress->changes_in_flight -= request_is_change(kind);
    assert(progress->changes_in_flight <= progress->in_flight);
}

void progress_on_intend(Progress *progress)
{
    progress->intending++;
}

void progress_on_intended(Progress *progress)
{
    assert(progress->intending > 0);
    progress->intending--;
}

void progress_on_abandon(Progress *progress)
{
    progress->in_flight = progress->changes_in_flight = 0;
    progress->is_renewing = false;
}

bool progress_is_changing(const Progress *progress)
{
    return progress->changes_in_flight > 0;
}

/* A request's timeout ends it a little late on a busy machine. */
bool progress_is_stuck(const Progress *progress, uint64_t timeout_usec, uint64_t renewal_due_usec,
                       uint64_t now_usec)
{
    uint64_t slack_usec = SCHEDULE_OVERDUE_USEC;
    uint64_t answer_usec = progress->intending > 0 && timeout_usec < PROGRESS_INTENT_USEC
                               ? PROGRESS_INTENT_USEC
                               : timeout_usec;

    if (progress->wake_usec != USEC_NEVER && now_usec > progress->wake_usec + slack_usec)
        return true;
    if (progress->is_renewing && now_usec <= renewal_due_usec + slack_usec)
        return false;
    if (progress->in_flight > 0 || progress->intending > 0 || progress->is_renewing)
        return now_usec > progress->moved_usec + answer_usec + slack_usec;
    return progress->wake_usec == USEC_NEVER && now_usec > progress->moved_usec + slack_usec;
}
