/* SPDX-License-Identifier: MIT */
#include "reconcile/notice/notice.h"

#include <assert.h>

#define NOTICE_BACKOFF_USEC USEC_PER_SEC
#define NOTICE_BACKOFF_MAX_USEC (15 * USEC_PER_MINUTE)

static NoticeStep notice_find(NoticeRecord *record, NoticeKind kind, uint64_t repeat_usec,
                              uint64_t now_usec)
{
    if (!record->is_open) {
        record->passes++;
        if (kind == NOTICE_DRIFT && record->passes < NOTICE_DRIFT_PASSES)
            return NOTICE_KEEP;
        *record = (NoticeRecord){.is_open = true, .told_usec = now_usec};
        return NOTICE_BEGINS;
    }
    if (repeat_usec == 0 || now_usec < record->told_usec ||
        now_usec - record->told_usec < repeat_usec)
        return NOTICE_NOTHING;
    record->told_usec = now_usec;
    return NOTICE_LASTS;
}

NoticeStep notice_step(NoticeRecord *record, NoticeKind kind, Presence presence,
                       uint64_t repeat_usec, uint64_t now_usec)
{
    const NoticeRecord before = *record;

    assert(!record->is_open || record->passes == 0);
    if (presence == PRESENCE_YES)
        return notice_find(record, kind, repeat_usec, now_usec);
    if (presence == PRESENCE_UNKNOWN)
        return NOTICE_NOTHING;
    *record = (NoticeRecord){0};
    if (before.is_open)
        return NOTICE_ENDS;
    return before.passes > 0 ? NOTICE_FORGET : NOTICE_NOTHING;
}

/* ---- the window ---- */

static bool notice_window_has(const NoticeWindow *window, uint64_t created_usec)
{
    return window->told_count > 0 && created_usec >= window->began_usec &&
           created_usec - window->began_usec <= NOTICE_WINDOW_USEC;
}

uint64_t notice_window_end(const NoticeWindow *window, uint64_t created_usec)
{
    return (notice_window_has(window, created_usec) ? window->began_usec : created_usec) +
           NOTICE_WINDOW_USEC;
}

NoticeTurn notice_window_turn(const NoticeWindow *window, uint64_t created_usec, size_t count,
                              uint64_t now_usec)
{
    size_t told = notice_window_has(window, created_usec) ? window->told_count : 0;

    assert(count > 0);
    if (told + count <= NOTICE_FEW)
        return NOTICE_TURN_ONE;
    if (now_usec < notice_window_end(window, created_usec))
        return NOTICE_TURN_WAIT;
    return count > 1 ? NOTICE_TURN_SUMMARY : NOTICE_TURN_ONE;
}

void notice_window_note(NoticeWindow *window, uint64_t created_usec)
{
    if (!notice_window_has(window, created_usec))
        *window = (NoticeWindow){.began_usec = created_usec};
    window->told_count++;
}

uint64_t notice_backoff_usec(unsigned int failures)
{
    uint64_t wait_usec = NOTICE_BACKOFF_USEC;

    assert(failures > 0);
    for (unsigned int i = 1; i < failures && wait_usec < NOTICE_BACKOFF_MAX_USEC; i++)
        wait_usec *= 2;
    return wait_usec < NOTICE_BACKOFF_MAX_USEC ? wait_usec : NOTICE_BACKOFF_MAX_USEC;
}
