/* SPDX-License-Identifier: MIT */
/* The members of a channel that differ from its roster, on the status page. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"

/* "3 to go, 1 to come, 2 to change, 1 missing", in a span; nothing of a channel in sync. */
void page_members_append_counts(Buf *buf, const Json *channel);

/* What the plan would do, with its first members, in a paragraph for each kind. */
void page_members_append_brief(Buf *buf, const Json *channel);

/* All of them, up to a bound for each kind; what is left out is counted. */
void page_members_append_lists(Buf *buf, const Json *channel);
