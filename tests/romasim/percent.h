/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "tests/romasim/text.h"

/* Decodes %XX of the first `len` bytes of `s`. NULL when an escape is malformed or decodes to NUL.
 * '+' stays '+': this service is not a form. The caller owns the result. */
char *percent_decode(const char *s, size_t len);

/* Adds `s` with all but A-Z a-z 0-9 - _ . ~ as %XX in upper case (API.md section 5). */
void percent_encode(Text *t, const char *s);
