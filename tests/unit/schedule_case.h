/* SPDX-License-Identifier: MIT */
/* Schedules and a lifecycle by an imaginary clock, with imaginary passes and an imaginary undo. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "reconcile/schedule/lifecycle.h"

typedef struct Fake {
    Lifecycle lifecycle;
    uint64_t now_usec, random;
    uint64_t wake_usec[2];
    bool is_passing[2], is_probe[2], is_stopped[2], is_abandoned[2], is_held[2], is_changing[2];
    bool has_no_work;
    uint64_t due_in_usec;
    int begin_error, undo_error;
    size_t begun;
    bool undo_covers[2];
    bool undo_runs, undo_stopped, undo_abandoned;
} Fake;

/* Of so many instances (two at the most) with an interval of a minute; an undo covers the first. */
void fake_init(Fake *fake, size_t count);
void fake_done(Fake *fake);

/* The same, with a first pass under way on each instance. */
void fake_begin(Fake *fake, size_t count);

Schedule *fake_schedule(Fake *fake, size_t instance);

/* Goes to the moment that the schedule asked for. */
void fake_wake(Fake *fake, size_t instance);

void fake_end_pass(Fake *fake, size_t instance, bool could_read);
void fake_end_undo(Fake *fake);
