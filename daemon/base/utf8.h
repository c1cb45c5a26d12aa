/* SPDX-License-Identifier: MIT */
/* UTF-8 (RFC 3629). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/buf.h"

/* The size of the sequence at the text's start, which has one byte at least; 0 when it is none. */
size_t utf8_sequence(const char *text, size_t size);

/* The code point of a sequence of `length` bytes. */
uint32_t utf8_decode(const char *text, size_t length);

/* Whether a code point would steer a terminal, turn the order in which a line is read, or not be
 * seen at all: control and format characters of Unicode 15, and what is blank without being the
 * plain space. */
bool utf8_is_unseen(uint32_t point);

/* How many columns of a terminal the sequence of `length` bytes takes; of what has no width, 0. */
size_t utf8_columns(const char *text, size_t length);

/* Puts a '?' in the place of each byte that belongs to no sequence. */
void utf8_mend(char *text);

/* Appends a text as people may see it, on a terminal, in a log, in a status line: what
 * utf8_is_unseen() stands as <U+00A0>, and a byte that belongs to no sequence as '?'. A failure
 * sticks in `buf`. */
void utf8_append_shown(Buf *buf, const char *text);
