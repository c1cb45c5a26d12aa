/* SPDX-License-Identifier: MIT */
/* An allocator that fails on demand, in the whole test program, its libraries included: so that
 * each allocation can fail once, in turn. json-c's parser is left out. A sanitizer's own allocator
 * cannot be replaced. */
#pragma once

#include <stdbool.h>

/* Whether this program's allocations can be made to fail; else a test skips. */
bool failing_is_possible(void);

/* The allocation after so many fails, once. */
void failing_after(long count);

/* Whether it has failed since failing_after(). */
bool failing_did(void);

/* Takes failing_after() back; whether it has failed. */
bool failing_stop(void);

/* Allocations while it pauses neither fail nor count. Returns whether it paused before. */
bool failing_pause(bool pauses);
