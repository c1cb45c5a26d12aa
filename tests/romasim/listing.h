/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* offset and limit of a list (API.md section 1.1), strict: what is outside of its bounds is
 * refused, never clamped. */
typedef struct Paging {
    long offset;
    long limit;
} Paging;

/* False: it is answered. */
bool listing_page(Request *r, Paging *ret_paging);

/* Whether `text` passes the filter parameter `name`: no such parameter, a substring, or equal when
 * precise_search names it. */
bool listing_fits(const Request *r, const char *name, const char *text);

/* Checks precise_search against the names that it may hold (NULL-terminated). False: it is
 * answered. */
bool listing_check_precise(Request *r, const char *const *names);
