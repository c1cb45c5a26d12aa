/* SPDX-License-Identifier: MIT */
/*
 * Pages of lists (API.md sections 1.3 and 1.10): {"total": N, "size": n, LIST: [rows]}. Each row is
 * made into a JSON tree, given to its reader and dropped before the next one is read: a page never
 * stands in memory as a whole tree, and the parser's memory stays small.
 */
#pragma once

#include "daemon/json/json_parser.h"

#define PAGE_ROWS_MAX 500 /* of one page, API.md section 1.1 */

/* What a field of a row must be, for json_odd_field(): JSON_STRING_SIZE_MAX and OPS_ID_SIZE_MAX. */
#define PAGE_WANTED_STRING "a string of 1024 bytes at most"
#define PAGE_WANTED_ID "1 to 64 letters, digits, \"-\" and \"_\""

/* Takes one row; `text` is what stands in the body for it. 0, or a negative error with `err`. */
typedef int (*PageOnRow)(const Json *row, const char *text, size_t size, size_t index,
                         void *userdata, Err *err);

typedef struct PageCounts {
    uint64_t total;
    size_t row_count;
} PageCounts;

/*
 * Reads a page whose rows stand under the key `list`; null or no such key means no rows. 0; -EPROTO
 * with `err` saying what is odd about it, also when `size` is not the number of rows or there are
 * more than PAGE_ROWS_MAX; on_row's errors; -ENOMEM.
 */
int page_read(JsonParser *parser, const char *body, size_t size, const char *list, PageOnRow on_row,
              void *userdata, PageCounts *ret_counts, Err *err);
