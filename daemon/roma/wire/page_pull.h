/* SPDX-License-Identifier: MIT */
/*
 * Pages of lists read while they arrive: the quick way beside page.h, by json_pull.h. It takes no
 * page that page.h would refuse, and reads it as the same; it words no error, for what it does not
 * take is page.h's to judge.
 */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/json/json_shape.h"
#include "daemon/roma/wire/page.h"

/* Reads one row of the body. 0; -EAGAIN, where it is to be read again, and -EPROTO as
 * json_pull_value(); -ENOMEM. */
typedef int (*PagePullRow)(JsonPull *pull, const char *body, size_t index, void *userdata);

/* Starts as {.list, .on_row, .userdata}: where the rows stand, and who takes them. */
typedef struct PagePull {
    const char *list;
    PagePullRow on_row;
    void *userdata;
    enum {
        PAGE_PULL_BEGIN,
        PAGE_PULL_FIRST_FIELD,
        PAGE_PULL_FIELD,
        PAGE_PULL_AFTER_FIELD,
        PAGE_PULL_FIRST_ROW,
        PAGE_PULL_ROW,
        PAGE_PULL_AFTER_ROW,
        PAGE_PULL_END,
    } place;
    size_t done; /* bytes that are read */
    size_t next; /* there must be so many before it is worth the while to read on */
    bool has_total, has_size, has_list;
    int64_t total, size;
    size_t row_count;
    int error; /* negative once it is not taken */
} PagePull;

/* Reads on: the body is all that has arrived so far, and may have moved. */
void page_pull_feed(PagePull *page, const char *body, size_t size);

/* The same of the whole body. 0 with *ret_counts: it is taken; -EPROTO or -ENOMEM: it is not, and
 * none of its rows counts. */
int page_pull_end(PagePull *page, const char *body, size_t size, PageCounts *ret_counts);

/* ---- the fields of a row ---- */

/* With a NUL behind it. */
typedef struct PageText {
    const char *text;
    size_t size;
} PageText;

/* A text that is an id, in the arena. -EPROTO, -ENOMEM. */
int page_pull_id(const JsonSpan *value, Arena *strings, const char **ret_id);

/* A text, as json_get_optional_string(), in the arena; or `like`, where that is the same and lives
 * as long. -EPROTO, -ENOMEM. */
int page_pull_text(const JsonSpan *value, const PageText *like, Arena *strings, PageText *ret_text);

/* A whole number; `none` where there is none, or null. 0 or -EPROTO. */
static inline int page_pull_integer(const JsonSpan *value, int64_t min, int64_t max, int64_t none,
                                    int64_t *ret_number)
{
    if (value->kind > JSON_NULL)
        return json_span_get_integer(value, min, max, ret_number);
    *ret_number = none;
    return 0;
}
