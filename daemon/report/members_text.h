/* SPDX-License-Identifier: MIT */
/* The members of a channel's plan for people. */
#pragma once

#include "daemon/json/json_value.h"
#include "daemon/report/page.h"

/* Where the rows are that an answer counts and does not hold (list_json.h). */
typedef struct MembersMore {
    /* The channel of an answer with rows of a list from `from` on, borrowed until the next call;
     * NULL: they cannot be had, and whoever asked is told otherwise. */
    const Json *(*page)(void *userdata, const char *list, size_t from);
    void *userdata;
} MembersMore;

typedef struct MembersTextOptions {
    bool with_ids;
    bool is_packed;          /* side by side, else one a line */
    const MembersMore *more; /* NULL: what the answer does not hold is counted */
} MembersTextOptions;

/* Appends the members to go and those that are missing, each with its sign and what came of it. */
void members_text_append(const Page *page, const Json *channel, const MembersTextOptions *options);
