/* SPDX-License-Identifier: MIT */
/* The daemon's status for people: totals first, then instances, then channels. */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"
#include "daemon/report/members_text.h"

typedef struct StatusTextOptions {
    bool colour;
    bool problems;           /* only channels that are not in sync */
    bool is_single;          /* all there is of each channel, members and all */
    const MembersMore *more; /* is_single: where members are that the answer only counts */
} StatusTextOptions;

/* Appends it. 0 or -ENOMEM. */
int status_text_append(const Json *root, const StatusTextOptions *options, Buf *buf);

/* Appends what an approved plan waits for, of a channel or an instance of the daemon's status
 * `root`: "approved: waits for the next pass at ...". */
void status_text_append_approval(const Json *root, const Json *channel, Buf *buf);
