/* SPDX-License-Identifier: MIT */
/*
 * When changes may be made: change windows, and freezes in which none is open.
 *
 * A window is open on its days from one local time to another, in a zone. Each end is found by
 * itself (zone_from_local()): a local time that does not exist that day is the moment after the
 * gap, one that comes twice is the first. Of several windows one has to be open. The settings and a
 * channel may each have windows and freezes: then both must be open, and no freeze of either hold.
 *
 * Everything here is a function of the windows and a moment: nothing asks for the time. Times are
 * realtime, in microseconds since 1970.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/zone/zone.h"

#define CHANGE_GATE_DAYS 7U /* 0 is Monday */
#define CHANGE_GATE_MINUTES_PER_DAY 1440U

typedef struct ChangeWindow {
    uint8_t days;         /* bit N: opens on the weekday N */
    uint16_t from_minute; /* of the day, 0 to 1439 */
    uint16_t to_minute;   /* 0 to 1440; not after from_minute: of the next day */
    const Zone *zone;
    const char *zone_name;
    const char *zone_canonical; /* what it means in our time, for comparing */
} ChangeWindow;

typedef struct Freeze {
    uint64_t from_usec, to_usec; /* it holds from the first to just before the second */
    const char *reason;          /* never NULL */
} Freeze;

typedef struct ChangeWindows {
    const ChangeWindow *windows; /* none: always open */
    size_t window_count;
    const Freeze *freezes;
    size_t freeze_count;
} ChangeWindows;

/* Those that changes of one channel go by. */
typedef struct ChangeGate {
    const ChangeWindows *settings, *channel; /* neither is NULL */
} ChangeGate;

/* The reason while the service's clock and ours are too far apart to go by windows. */
#define CHANGE_GATE_CLOCK_REASON                                                                   \
    "the service's clock and this host's are more than 5 minutes apart: windows and freezes "      \
    "count "                                                                                       \
    "as closed"

typedef enum ChangeGateKind {
    CHANGE_GATE_OPEN,
    CHANGE_GATE_OUTSIDE, /* no window is open */
    CHANGE_GATE_FROZEN,  /* a freeze holds, and longer than the windows are closed */
} ChangeGateKind;

typedef struct ChangeGateState {
    ChangeGateKind kind;
    bool is_frozen;      /* a freeze holds, whichever of the two is told */
    const char *reason;  /* for people; NULL while it is open */
    uint64_t until_usec; /* closed: when it opens next; 0: not within a year */
} ChangeGateState;

/* Whether there is anything that could close it. */
bool change_gate_has_any(const ChangeGate *gate);

/* Whether changes may be made at that moment, and else why not, and when next. */
ChangeGateState change_gate_look(const ChangeGate *gate, uint64_t realtime_usec);

/* Whether changes may be made at that moment: change_gate_look() without looking ahead. */
bool change_gate_is_open(const ChangeGate *gate, uint64_t realtime_usec);

/* The first moment after this one at which it opens, having been closed; 0: none within a year. */
uint64_t change_gate_next_opening_usec(const ChangeGate *gate, uint64_t realtime_usec);

/* For how long of the time between two moments it is closed. */
uint64_t change_gate_closed_usec(const ChangeGate *gate, uint64_t from_usec, uint64_t to_usec);
