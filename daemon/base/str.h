/* SPDX-License-Identifier: MIT */
/* Small questions about strings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool str_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

bool str_has_prefix(const char *text, const char *prefix);
bool str_is_empty(const char *text); /* NULL or "" */

/* A whole decimal number of ASCII digits, no sign, no space, no leading zero but "0" itself.
 * 0; -EINVAL when it is none; -ERANGE above `max`. */
int str_parse_uint(const char *text, uint64_t max, uint64_t *ret_value);

/* The number's decimal digits, with a NUL. Returns where the NUL stands. */
#define STR_UINT_SIZE 21
char *str_print_uint(uint64_t value, char ret_text[static STR_UINT_SIZE]);

/* Whether all bytes are among the letters and digits of ASCII, '-' and '_', 1 to size_max of them:
 * the form of ids that may stand in a path (API.md section 1.2). */
bool str_is_id(const char *text, size_t size_max);

/* Whether each of them is such a byte. */
bool str_are_id_bytes(const char *bytes, size_t size);

/* Copies as much as fits, always with a NUL, never half of a UTF-8 sequence. */
void str_copy(char *ret_text, size_t size, const char *text);
