/* SPDX-License-Identifier: MIT */
/* Calls on the state that fail once, in turn, and memory that does, in a story's passes (story.h):
 * what the world and the story need themselves never fails. */
#pragma once

#include "tests/unit/story.h"

/* Puts itself before the ops of a story that has begun; one at a time. The call on the state after
 * so many fails; or, with `memory`, the allocation. -1: none does. */
void failing_ops_begin(Story *story, long after, bool memory);

/* What failed, as words that begin with the call and have its number among those of its name; NULL:
 * there were fewer. */
const char *failing_ops_end(void);
