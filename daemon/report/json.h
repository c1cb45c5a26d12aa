/* SPDX-License-Identifier: MIT */
/* The report as JSON. What is put goes into the object that was opened last. */
#pragma once

#include "daemon/json/json_writer.h"
#include "daemon/report/list_json.h"
#include "reconcile/report/report.h"

/* Appends the report with all its rows, and a newline at its end. `flush` takes what there is of it
 * now and then, and empties the buffer; its negative errno ends that. NULL: it all stays there. 0,
 * that errno, or -ENOMEM; the last part is left in the buffer. */
int report_json_append(const Report *report, int (*flush)(void *userdata, Buf *buf), void *userdata,
                       Buf *buf);

/* Appends it without rows, which are counted (list_json.h). 0 or -ENOMEM. */
int report_json_append_outline(const Report *report, Buf *buf);

/* Opens the object of a report, which says all but its channels and instances, and the array of the
 * channels. `result`: the worst of them. */
void report_json_begin(JsonWriter *writer, const Report *report, Result result);

/* Puts all that is said of a channel; `result` is NULL where no pass has looked at it yet. `rows`
 * chooses which rows of its lists, and takes those from what is left; NULL: all. */
void report_json_put_channel(JsonWriter *writer, const ChannelReport *report, const char *result,
                             ReportRows *rows);

/* How far a channel is put whose rows are put in several parts. Begins as {0}, and is that again
 * when it is whole. */
typedef struct ReportPart {
    bool is_begun;
    ListKind list;
    size_t row;
} ReportPart;

/* Rows of one part: about SERVER_PART_SIZE. */
#define REPORT_PART_ROWS 300U

/* Puts a channel at the end of an array, part by part. Whether that was the last. */
bool report_json_put_channel_part(JsonWriter *writer, const ChannelReport *report,
                                  const char *result, ReportPart *part);

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
