/* SPDX-License-Identifier: MIT */
/* A guard and three settings more than rosterd has. What is built with this header before all
 * others has them everywhere. */
#pragma once

#include <stdint.h>

#define GUARD_ROWS_MORE(ROW)                                                                       \
    ROW(MAX_ROUNDS, max_rounds, "round planned", "rounds planned", "the most rounds in a pass", 2, \
        40, 7, GUARD_AT_MOST, GUARD_OF_CHANNEL, GUARD_COVERED, SWITCHABLE)

#define SETTING_ROWS_MORE(ROW)                                                                     \
    ROW(REST, rest, DURATION, TOP, USEC_PER_SEC, 30 * USEC_PER_DAY, 10 * USEC_PER_SEC, MORE,       \
        SETTING_AT_ONCE, "how long a channel rests")                                               \
    ROW(SPREAD, spread, COUNT, TOP, 1, 9, 5, LESS, SETTING_AT_ONCE, "how wide a channel spreads")  \
    ROW(CORNER, corner, PATH, TOP, 0, 20, 0, HOST, SETTING_BY_RESTART, "where rosterd stands")

struct Subject;

/* The guard's measure, which reconcile/plan/guard.c finds by its name. */
uint64_t guard_measure_max_rounds(const struct Subject *subject);
