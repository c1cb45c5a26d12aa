/* SPDX-License-Identifier: MIT */
/* What happens next and what was done, on the status page. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"
#include "daemon/web/page_timeline.h"

/* The next passes: a line for each instance. */
void page_history_append_next(Buf *buf, const Json *root);

/* The charts and the newest changes: `history` as GET /v1/history has it, NULL where it could not
 * be read. */
void page_history_append(Buf *buf, const Json *history, const PageTimeline *timeline);
