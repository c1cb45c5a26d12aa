/* SPDX-License-Identifier: MIT */
/* The history as JSON. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/json/json_writer.h"
#include "daemon/store/owners.h"

/* The history is written as {"actions": [...]}, part by part: it begins, any number of changes
 * follow, and it ends, with a newline; failures stick in the writer's Buf. */
void report_history_begin(JsonWriter *writer);
void report_history_put(JsonWriter *writer, const StoreActions *actions);

/* {"instance", "host", "from", "until"} of each. */
#define HISTORY_OTHER_OWNERS "other_owners"

/* What stands behind the changes. */
typedef struct HistoryEnd {
    bool is_unknown;  /* the channel asked for is in no roster, and nowhere in the history */
    const char *near; /* the name that was meant then; NULL or "": none is near */
    bool is_page;     /* it is one page of several */
    uint64_t next;    /* is_page: after which number the next begins; 0: it was the last */
    const StoreOwners *owners; /* other hosts that owned the instances meanwhile; NULL: none */
    const Json *told_owners;   /* the same as a daemon has told it; NULL: none */
} HistoryEnd;

/* 0 or -ENOMEM. */
int report_history_end(JsonWriter *writer, const HistoryEnd *end);

/* Appends all of it. 0 or -ENOMEM. */
int report_history_append(const StoreActions *actions, Buf *buf);
