/* SPDX-License-Identifier: MIT */
/*
 * The lists of a channel's report as JSON: members that are missing, to go, to be added, and not as
 * the roster states. They may be long: an answer may show the first rows of each and count the
 * rest, or a page of each, or be made in parts.
 */
#pragma once

#include "daemon/json/json_writer.h"
#include "reconcile/report/report.h"

/* In the order of the document. */
typedef enum ListKind { LIST_MISSING, LIST_EXTRA, LIST_ADDED, LIST_CHANGED, LIST_COUNT } ListKind;

/* Which rows of a list are shown, and how many it has. */
typedef struct ListSpan {
    size_t begin, end, count;
} ListSpan;

/* An answer of the daemon has so many rows of each list of a channel at most, and in all so many,
 * and then one of each list. What it leaves out it counts, and it is had page by page. */
#define REPORT_ROWS_OF_LIST 1000U
#define REPORT_ROWS_OF_ALL 10000U

/* Which rows an answer shows. */
typedef struct ReportRows {
    size_t from;     /* so many of each list are left out before */
    size_t each_max; /* of each list */
    size_t left;     /* of all lists, what is left of the answer's share: then one of each */
    bool is_one;     /* of the list `only`; nothing is said of the others */
    ListKind only;
} ReportRows;

/* The list of a key; LIST_COUNT: there is none. */
ListKind list_json_find(const char *key);

/* Takes what is shown from what is left; all of each list where `rows` is NULL. */
void list_json_choose(const ChannelReport *report, ReportRows *rows,
                      ListSpan ret_spans[static LIST_COUNT]);

/* Puts the list, by its key. */
void list_json_put(JsonWriter *writer, const ChannelReport *report, ListKind list, ListSpan span);

/* Puts what follows of a list from the row `at` on, `left` rows at most, which it takes from that.
 * Whether that was the end. */
bool list_json_put_part(JsonWriter *writer, const ChannelReport *report, ListKind list, size_t *at,
                        size_t *left);

/* Puts "more": of each list whose end is not shown, {"rows": how many follow, "outcomes": {OUTCOME:
 * how many of them}}; nothing where all ends are shown. */
void list_json_put_more(JsonWriter *writer, const ChannelReport *report,
                        const ListSpan spans[static LIST_COUNT]);
