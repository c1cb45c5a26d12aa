/* SPDX-License-Identifier: MIT */
/* UTF-8 (RFC 3629). */
#pragma once

#include <stddef.h>

#include "daemon/base/buf.h"

/* The size of the sequence at the text's start, which has one byte at least; 0 when it is none. */
size_t utf8_sequence(const char *text, size_t size);

/* Puts a '?' in the place of each byte that belongs to no sequence. */
void utf8_mend(char *text);

/*
 * Appends a text as people may see it, on a terminal, in a log, in a status line: whatever would
 * steer a terminal, turn the order in which a line is read, or not be seen at all stands as
 * <U+00A0> (control characters, other spaces than the plain one, joiners, bidirectional marks,
 * variation selectors, tags), and a byte that belongs to no sequence as '?'. A failure sticks in
 * `buf`.
 */
void utf8_append_shown(Buf *buf, const char *text);
