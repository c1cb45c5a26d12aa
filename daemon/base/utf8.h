/* SPDX-License-Identifier: MIT */
/* UTF-8 (RFC 3629). */
#pragma once

#include <stddef.h>

/* The size of the sequence at the text's start, which has one byte at least; 0 when it is none. */
size_t utf8_sequence(const char *text, size_t size);

/* Puts a '?' in the place of each byte that belongs to no sequence. */
void utf8_mend(char *text);
