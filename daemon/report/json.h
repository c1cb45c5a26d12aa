/* SPDX-License-Identifier: MIT */
/* The report as JSON. What is put goes into the object that was opened last. */
#pragma once

#include "daemon/json/json_writer.h"
#include "reconcile/report/report.h"

/* Appends the report, with a newline at its end. 0 or -ENOMEM. */
int report_json_append(const Report *report, Buf *buf);

/* Puts all that is said of a channel; `result` is NULL where no pass has looked at it yet. */
void report_json_put_channel(JsonWriter *writer, const ChannelReport *report, const char *result);

/* Puts "error": {"http", "code", "message", "request_id"}, null where none is set. */
void report_json_put_error(JsonWriter *writer, const Err *err);

/* Puts "pause": {"scope", "reason", "until"}, null without a reason. `until_usec` is realtime, 0:
 * no end. */
void report_json_put_pause(JsonWriter *writer, PauseScope scope, const char *reason,
                           uint64_t until_usec);

/* Puts "guards": [{"name", "planned", "limit"}]. */
void report_json_put_guards(JsonWriter *writer, const Guard *guards, size_t count);

/* Puts an object at the end of an array: what the guards of a whole pass have to say of one
 * instance of it, {"name", "result", "digest", "guards", "error"}; of a dry run, whose plans may be
 * carried out later (plan_file.h), "key" as well. */
void report_json_put_instance(JsonWriter *writer, const Report *report,
                              const InstanceReport *instance);

/* Puts which set of rosters, "roster": {"digest", "head"}; NULL and "" are null. */
void report_json_put_roster(JsonWriter *writer, const char *digest, const char *head);
