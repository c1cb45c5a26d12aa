/* SPDX-License-Identifier: MIT */
/* Regular expressions for the numbers and durations of a range, as ECMA 262 and Python read them.
 */
#pragma once

#include <stdint.h>

#include "daemon/base/buf.h"

/* Appends what the whole numbers from `least` to `most` fit and no others: "[2-9]|1[0-5]". */
void number_pattern_append(Buf *buf, uint64_t least, uint64_t most);

/* Appends what the durations from `least_usec` to `most_usec` fit and no others, between ^ and $;
 * where `gap_usec` is not 0, those from it on, and none at all (0s). Units are duration.h's. */
void number_pattern_append_duration(Buf *buf, uint64_t least_usec, uint64_t most_usec,
                                    uint64_t gap_usec);
