/* SPDX-License-Identifier: MIT */
/* Walks a state machine: from its beginning, everything that may happen in each state, and what
 * comes of it, in words, each state once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/buf.h"

typedef struct Walk {
    const void *first; /* the state that it begins in, plain bytes */
    size_t state_size;
    const char *const *steps; /* what may happen */
    size_t step_count;
    size_t depth; /* that many steps from the first state */

    /* Whether a step may be taken in a state. */
    bool (*may)(const void *state, size_t step);

    /* Takes it, and tells what was done by it. */
    void (*take)(void *state, size_t step, Buf *done);

    /* The state in words: two of the same words are the same. */
    void (*put)(const void *state, Buf *buf);
} Walk;

/* Appends each state that it comes to, and below it the steps by which anything happens. */
void walk(const Walk *walk, Buf *buf);

/* What was done by a step: appends one thing, and why. */
void walk_note(Buf *done, const char *what, const char *why);

/* Appends a moment, by its distance from now. */
void walk_put_moment(Buf *buf, const char *what, uint64_t usec, uint64_t now_usec);

/* What was done by a step: appends the moment for which it asked to be woken. */
void walk_note_wake(Buf *done, uint64_t usec, uint64_t now_usec);
