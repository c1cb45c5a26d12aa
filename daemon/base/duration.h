/* SPDX-License-Identifier: MIT */
/* Spans of time as settings write them: 500ms, 30s, 5m, 1h, and 90d where days make sense. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole number and a unit, nothing between. 0; -EINVAL for what is no span (or has days where
 * they are not wanted); -ERANGE for one that is beyond all bounds. */
int duration_parse(const char *text, bool may_have_days, uint64_t *ret_usec);

#define DURATION_TEXT_SIZE 32

/* The same way back, in the largest unit that needs no fraction; whole milliseconds. */
void duration_format(uint64_t usec, bool may_have_days, char ret_text[static DURATION_TEXT_SIZE]);
