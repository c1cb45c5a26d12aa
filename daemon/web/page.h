/* SPDX-License-Identifier: MIT */
/*
 * The status page: one document with its style and script in it, which says without the script, in
 * this order, whether anything is wrong, where, since when, what happens next and what was done;
 * then each channel. It is made of the JSON that the daemon answers elsewhere, so that page,
 * rosterctl and scripts are told the same.
 */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"
#include "daemon/web/page_timeline.h"

/* What it is made of; borrowed for the call. */
typedef struct WebPage {
    const Json *status;  /* as GET /v1/status has it; NULL: rosterd is starting */
    const Json *history; /* as GET /v1/history has it: the newest changes; NULL: not readable */
    const PageTimeline *timeline;
    const char *version; /* of all that; what has the same says the same */
} WebPage;

/* Appends the document. 0 or -ENOMEM. */
int web_page_append(const WebPage *page, Buf *buf);

/* One that is made step by step: of many channels it takes longer than a turn of the loop may.
 * Begins as {.page}; what it is made of stays until its end. */
typedef struct WebPageMaking {
    WebPage page;
    Buf title, main;
    bool is_begun;
    size_t number, shown; /* channels that are done, and those of them that are on the page */
} WebPageMaking;

/* Makes the next step, and appends the document with the last one. 1: more follow; 0: that was the
 * last; -ENOMEM. */
int web_page_step(WebPageMaking *making, Buf *buf);
void web_page_done(WebPageMaking *making);

/* What a browser may do with it: its own style and script and nothing else, and asking where it
 * came from. NULL without memory; never freed. */
const char *web_page_policy(void);
