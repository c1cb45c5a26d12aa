/* SPDX-License-Identifier: MIT */
/* One channel on the status page, out of the JSON of GET /v1/status (`root`). */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"
#include "reconcile/report/report.h"

/* Its result in words: "in sync", "held", "not read yet". */
const char *page_channel_words(const Json *channel);

/* Whether its result wants somebody: it failed, cannot be managed, or a guard holds it. */
bool page_channel_is_trouble(const Json *channel);

/* What is wrong with it and since when, what would happen next, what to run: paragraphs.
 * `with_members`: also the first members that are to go, come or change. */
void page_channel_append_case(Buf *buf, const Json *root, const Json *channel, bool with_members);

/* Its line in the list of all channels, which opens to all that is known of it. `number` is its
 * place in `root`. */
void page_channel_append(Buf *buf, const Json *root, const Json *channel, size_t number);

/* The guards that refuse, of a channel or an instance, each with its numbers and a bar. */
void page_channel_append_guards(Buf *buf, const Json *object);

/* What an error says, with its status, code and request id. */
void page_channel_append_error(Buf *buf, const Json *error);
