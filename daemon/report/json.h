/* SPDX-License-Identifier: MIT */
/* The report as JSON. */
#pragma once

#include <json-c/json.h>

#include "daemon/base/buf.h"
#include "reconcile/report/report.h"

/* The report; what memory did not suffice for is left out, as json_append() tells. Give it back
 * with json_object_put(). */
json_object *report_json(const Report *report);

/* Appends the report, pretty-printed, with a newline at its end. 0 or -ENOMEM. */
int report_json_append(const Report *report, Buf *buf);

/* One channel of it; NULL when out of memory. Give it back with json_object_put(). */
json_object *report_json_channel(const ChannelReport *report);

/* {"http", "code", "message", "request_id"}; likewise. */
json_object *report_json_error(const Err *err);

/* {"reason", "until"}; NULL when out of memory. `until_usec` is realtime, 0: no end. */
json_object *report_json_pause(const char *reason, uint64_t until_usec);

/* [{"name", "planned", "limit"}]; likewise. */
json_object *report_json_guards(const Guard *guards, size_t count);

/* What the guards of a whole pass have to say of one instance of it: {"name", "result", "digest",
 * "guards", "error"}; likewise. */
json_object *report_json_instance(const Report *report, const InstanceReport *instance);

/* Which set of rosters: {"digest", "head"}; NULL and "" are null. */
json_object *report_json_roster(const char *digest, const char *head);
