/* SPDX-License-Identifier: MIT */
#include "config/change_gate.h"

#include "daemon/base/clock.h"

#define SECONDS_PER_DAY 86400
#define REASON_OUTSIDE "outside the change window"

/* How far ahead an opening is looked for, beyond the last freeze: windows go by weeks, and by the
 * summer times of their zones, which come round in a year. */
#define LOOK_AHEAD_USEC (400 * USEC_PER_DAY)

/* Steps from one window to another, or to the end of a freeze. */
#define STEPS_MAX 2000

/* A window that is open on every day may never close: looked at for so long. */
#define OPEN_MAX_SECONDS (15 * SECONDS_PER_DAY)

/* Offsets may take a local day so far from the one in UTC, and a window reaches into the next. */
#define DAYS_BEFORE 3
#define DAYS_AFTER 10

/* ---- one window, in seconds ---- */

typedef struct Interval {
    int64_t start, end;
} Interval;

/* 1970-01-01 was a Thursday, and 0 is Monday. No day looked at is more than DAYS_BEFORE it. */
static bool window_has_day(const ChangeWindow *window, int64_t day)
{
    return window->days >> (day + DAYS_BEFORE) % 7 & 1;
}

/* Where both ends fall into one gap it does not open that day. */
static Interval window_on_day(const ChangeWindow *window, int64_t day)
{
    int64_t from = day * SECONDS_PER_DAY + (int64_t)window->from_minute * 60;
    int64_t to = day * SECONDS_PER_DAY + (int64_t)window->to_minute * 60;

    if (window->to_minute <= window->from_minute)
        to += SECONDS_PER_DAY;
    return (Interval){zone_from_local(window->zone, from), zone_from_local(window->zone, to)};
}

/* The first interval that ends after a moment. */
static bool window_find(const ChangeWindow *window, int64_t seconds, Interval *ret_interval)
{
    int64_t day = seconds / SECONDS_PER_DAY;

    for (int64_t d = day - DAYS_BEFORE; d <= day + DAYS_AFTER; d++) {
        if (!window_has_day(window, d))
            continue;
        *ret_interval = window_on_day(window, d);
        if (ret_interval->end > ret_interval->start && ret_interval->end > seconds)
            return true;
    }
    return false;
}

/* ---- the windows of one list ---- */

/* The first moment, this one or later, at which one of them is open; INT64_MAX: none. */
static int64_t windows_next_open(const ChangeWindows *windows, int64_t seconds)
{
    int64_t next = windows->window_count == 0 ? seconds : INT64_MAX, opening;
    Interval interval;

    for (size_t i = 0; i < windows->window_count && next > seconds; i++) {
        if (!window_find(&windows->windows[i], seconds, &interval))
            continue;
        opening = interval.start > seconds ? interval.start : seconds;
        next = opening < next ? opening : next;
    }
    return next;
}

/* The moment at which the last of those that follow one another closes; INT64_MAX: none does. */
static int64_t windows_next_close(const ChangeWindows *windows, int64_t seconds)
{
    int64_t close = seconds;
    bool is_longer = windows->window_count > 0;
    Interval interval;

    if (windows->window_count == 0)
        return INT64_MAX;
    while (is_longer && close < seconds + OPEN_MAX_SECONDS) {
        is_longer = false;
        for (size_t i = 0; i < windows->window_count; i++) {
            if (!window_find(&windows->windows[i], close, &interval) || interval.start > close)
                continue;
            close = interval.end;
            is_longer = true;
        }
    }
    return is_longer ? INT64_MAX : close;
}

/* ---- freezes ---- */

/* The freeze that holds longest, or the one before where it does not hold. */
static const Freeze *freeze_find(const ChangeWindows *windows, uint64_t realtime_usec,
                                 const Freeze *found)
{
    for (size_t i = 0; i < windows->freeze_count; i++) {
        const Freeze *freeze = &windows->freezes[i];

        if (freeze->from_usec <= realtime_usec && realtime_usec < freeze->to_usec &&
            (!found || freeze->to_usec > found->to_usec))
            found = freeze;
    }
    return found;
}

static uint64_t freeze_last_usec(const ChangeWindows *windows, uint64_t last_usec)
{
    for (size_t i = 0; i < windows->freeze_count; i++) {
        uint64_t to_usec = windows->freezes[i].to_usec;

        last_usec = to_usec > last_usec ? to_usec : last_usec;
    }
    return last_usec;
}

static uint64_t freeze_next_usec(const ChangeWindows *windows, uint64_t realtime_usec,
                                 uint64_t next_usec)
{
    for (size_t i = 0; i < windows->freeze_count; i++) {
        uint64_t from_usec = windows->freezes[i].from_usec;

        if (from_usec > realtime_usec && from_usec < next_usec)
            next_usec = from_usec;
    }
    return next_usec;
}

static const Freeze *gate_find_freeze(const ChangeGate *gate, uint64_t realtime_usec)
{
    return freeze_find(gate->channel, realtime_usec,
                       freeze_find(gate->settings, realtime_usec, NULL));
}

/* ---- the gate ---- */

static int64_t gate_seconds(uint64_t realtime_usec)
{
    return (int64_t)(realtime_usec / USEC_PER_SEC);
}

/* A moment in seconds, or none: INT64_MAX and USEC_NEVER. */
static uint64_t gate_usec(int64_t seconds)
{
    return seconds == INT64_MAX ? USEC_NEVER : (uint64_t)seconds * USEC_PER_SEC;
}

static bool gate_has_windows(const ChangeGate *gate)
{
    return gate->settings->window_count + gate->channel->window_count > 0;
}

bool change_gate_has_any(const ChangeGate *gate)
{
    return gate_has_windows(gate) || gate->settings->freeze_count + gate->channel->freeze_count > 0;
}

/* The first moment, this one or later, at which the windows of both are open. */
static uint64_t gate_next_window(const ChangeGate *gate, uint64_t realtime_usec)
{
    int64_t seconds = gate_seconds(realtime_usec), next = seconds;
    int64_t last = gate_seconds(usec_add(realtime_usec, LOOK_AHEAD_USEC));

    for (int step = 0; step < STEPS_MAX && next <= last; step++) {
        int64_t before = next;

        next = windows_next_open(gate->settings, next);
        if (next <= last)
            next = windows_next_open(gate->channel, next);
        if (next == before)
            return next == seconds ? realtime_usec : gate_usec(next);
    }
    return USEC_NEVER;
}

/* The first moment, this one or later, at which it is open; USEC_NEVER: none. */
static uint64_t gate_next_open(const ChangeGate *gate, uint64_t realtime_usec)
{
    uint64_t last_usec =
        usec_add(freeze_last_usec(gate->channel, freeze_last_usec(gate->settings, realtime_usec)),
                 LOOK_AHEAD_USEC);
    uint64_t next_usec = realtime_usec;

    for (int step = 0; step < STEPS_MAX && next_usec <= last_usec; step++) {
        const Freeze *freeze = gate_find_freeze(gate, next_usec);
        uint64_t window_usec = gate_next_window(gate, freeze ? freeze->to_usec : next_usec);

        if (window_usec == next_usec)
            return next_usec;
        next_usec = window_usec;
    }
    return USEC_NEVER;
}

/* When it closes, of one that is open; USEC_NEVER: it does not. */
static uint64_t gate_next_close(const ChangeGate *gate, uint64_t realtime_usec)
{
    int64_t seconds = gate_seconds(realtime_usec);
    uint64_t settings_usec = gate_usec(windows_next_close(gate->settings, seconds));
    uint64_t channel_usec = gate_usec(windows_next_close(gate->channel, seconds));
    uint64_t close_usec = settings_usec < channel_usec ? settings_usec : channel_usec;

    close_usec = freeze_next_usec(gate->settings, realtime_usec, close_usec);
    return freeze_next_usec(gate->channel, realtime_usec, close_usec);
}

bool change_gate_is_open(const ChangeGate *gate, uint64_t realtime_usec)
{
    int64_t seconds = gate_seconds(realtime_usec);

    return !gate_find_freeze(gate, realtime_usec) &&
           windows_next_open(gate->settings, seconds) == seconds &&
           windows_next_open(gate->channel, seconds) == seconds;
}

ChangeGateState change_gate_look(const ChangeGate *gate, uint64_t realtime_usec)
{
    const Freeze *freeze = gate_find_freeze(gate, realtime_usec);
    uint64_t open_usec, window_usec;

    if (change_gate_is_open(gate, realtime_usec))
        return (ChangeGateState){.kind = CHANGE_GATE_OPEN};
    open_usec = gate_next_open(gate, realtime_usec);
    window_usec = gate_next_window(gate, realtime_usec);
    return (ChangeGateState){
        .kind = freeze && freeze->to_usec >= window_usec ? CHANGE_GATE_FROZEN : CHANGE_GATE_OUTSIDE,
        .is_frozen = freeze != NULL,
        .reason = freeze && freeze->to_usec >= window_usec ? freeze->reason : REASON_OUTSIDE,
        .until_usec = open_usec == USEC_NEVER ? 0 : open_usec,
    };
}

uint64_t change_gate_next_opening_usec(const ChangeGate *gate, uint64_t realtime_usec)
{
    uint64_t close_usec = realtime_usec, open_usec;

    if (!change_gate_has_any(gate))
        return 0;
    if (change_gate_is_open(gate, realtime_usec))
        close_usec = gate_next_close(gate, realtime_usec);
    open_usec = close_usec == USEC_NEVER ? USEC_NEVER : gate_next_open(gate, close_usec);
    return open_usec == USEC_NEVER ? 0 : open_usec;
}

uint64_t change_gate_closed_usec(const ChangeGate *gate, uint64_t from_usec, uint64_t to_usec)
{
    uint64_t closed_usec = 0, now_usec = from_usec;

    if (!change_gate_has_any(gate))
        return 0;
    for (int step = 0; step < STEPS_MAX && now_usec < to_usec; step++) {
        uint64_t open_usec = gate_next_open(gate, now_usec);
        uint64_t until_usec = open_usec < to_usec ? open_usec : to_usec;

        closed_usec += until_usec - now_usec;
        now_usec = until_usec < to_usec ? gate_next_close(gate, until_usec) : to_usec;
    }
    return closed_usec;
}
