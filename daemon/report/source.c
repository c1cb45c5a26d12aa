/* SPDX-License-Identifier: MIT */
#include "daemon/report/source.h"

#include "daemon/base/str.h"
#include "daemon/report/list_json.h"
#include "daemon/report/row.h"

/* Of what a survey found, or an undo turned back. */
#define MEMBERS "members"

/* ---- channel by channel ---- */

const Json *report_source_channel(const ReportSource *source, size_t number, Buf *buf)
{
    const Json *channel = source->channel ? source->channel(source->userdata, number)
                                          : row_at(source->root, "channels", number);

    buf->failed = buf->failed || !channel;
    return channel;
}

static const Json *flushed_channel(void *userdata, size_t number)
{
    const ReportSource *report = ((FlushedSource *)userdata)->report;

    return report->channel ? report->channel(report->userdata, number)
                           : row_at(report->root, "channels", number);
}

static int flushed_flush(void *userdata, Buf *buf)
{
    FlushedSource *flushed = userdata;

    return flushed->flush(flushed->userdata, buf);
}

ReportSource report_source_flushed(FlushedSource *flushed)
{
    return (ReportSource){.root = flushed->report->root,
                          .channel = flushed_channel,
                          .flush = flushed_flush,
                          .userdata = flushed};
}

void report_source_flush(const ReportSource *source, Buf *buf)
{
    if (source->flush && buf->size >= REPORT_FLUSH_SIZE && buf_failed(buf) == 0 &&
        source->flush(source->userdata, buf) < 0)
        buf_fail(buf);
}

static void report_source_put_channels(const ReportSource *source, JsonWriter *writer)
{
    json_open_array(writer, "channels");
    for (size_t i = 0; i < row_count(source->root, "channels") && !writer->buf->failed; i++) {
        const Json *channel = report_source_channel(source, i, writer->buf);

        if (channel)
            json_put_value(writer, NULL, channel);
        report_source_flush(source, writer->buf);
    }
    json_close_array(writer);
}

void report_source_put(const ReportSource *source, JsonWriter *writer, const char *key)
{
    JsonField field = json_fields(source->root);

    json_open_object(writer, key);
    while (json_next(&field)) {
        if (str_equal(field.key, "channels") && json_is_array(field.value))
            report_source_put_channels(source, writer);
        else
            json_put_value(writer, field.key, field.value);
    }
    json_close_object(writer);
}

int report_source_append(const ReportSource *source, Buf *buf)
{
    JsonWriter writer = {.buf = buf};

    report_source_put(source, &writer, NULL);
    return json_end(&writer);
}

/* ---- the outline ---- */

static bool report_source_is_rows(const char *key)
{
    return list_json_find(key) < LIST_COUNT || str_equal(key, MEMBERS);
}

static void report_source_put_outcomes(JsonWriter *writer, const Json *channel, const char *list)
{
    json_open_object(writer, "outcomes");
    for (Outcome outcome = 0; outcome <= OUTCOME_CHANGED; outcome++) {
        const char *word = ops_outcome_text(outcome);
        size_t count = row_total_of(channel, list, word);

        if (count > 0)
            json_put_number(writer, word, count);
    }
    json_close_object(writer);
}

static void report_source_put_more(JsonWriter *writer, const Json *channel)
{
    JsonField field = json_fields(channel);
    bool is_any = false;

    while (json_next(&field)) {
        if (!report_source_is_rows(field.key) || row_total(channel, field.key) == 0)
            continue;
        if (!is_any)
            json_open_object(writer, "more");
        is_any = true;
        json_open_object(writer, field.key);
        json_put_number(writer, "rows", row_total(channel, field.key));
        report_source_put_outcomes(writer, channel, field.key);
        json_close_object(writer);
    }
    if (is_any)
        json_close_object(writer);
}

void report_source_put_outline(JsonWriter *writer, const Json *channel)
{
    JsonField field = json_fields(channel);

    json_open_object(writer, NULL);
    while (json_next(&field)) {
        if (report_source_is_rows(field.key)) {
            json_open_array(writer, field.key);
            json_close_array(writer);
        } else if (!str_equal(field.key, "more")) {
            json_put_value(writer, field.key, field.value);
        }
    }
    report_source_put_more(writer, channel);
    json_close_object(writer);
}
