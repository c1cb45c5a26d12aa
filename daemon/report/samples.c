/* SPDX-License-Identifier: MIT */
#include "daemon/report/samples.h"

#include "daemon/base/clock.h"
#include "daemon/json/json_writer.h"

static void samples_put(JsonWriter *writer, const StoreSample *sample)
{
    char time[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(sample->time_usec, time);
    json_open_object(writer, NULL);
    json_put_text(writer, "instance", sample->channel.instance_name);
    json_put_text(writer, "channel", sample->channel.channel_id);
    json_put_text(writer, "name", sample->channel.channel_name);
    json_put_text(writer, "time", time);
    json_put_text(writer, "result", sample->result);
    json_put_number_if(writer, "live", sample->is_read, sample->live);
    json_put_number(writer, "desired", sample->desired);
    json_put_number_if(writer, "extra", sample->is_read, sample->extra);
    json_put_number_if(writer, "missing", sample->is_read, sample->missing);
    json_put_number_if(writer, "changed", sample->is_read, sample->changed);
    json_put_number_if(writer, "ignored", sample->is_read, sample->ignored);
    json_put_number_if(writer, "quarantined", sample->is_read, sample->quarantined);
    json_close_object(writer);
}

int report_samples_put(const StoreSamples *samples, size_t *at, JsonWriter *writer, size_t size_max)
{
    if (*at == 0) {
        json_open_object(writer, NULL);
        json_open_array(writer, "samples");
    }
    for (; *at < samples->count; ++*at) {
        if (writer->buf->size >= size_max && buf_failed(writer->buf) == 0)
            return 1;
        samples_put(writer, &samples->items[*at]);
    }
    json_close_array(writer);
    json_put_bool(writer, "complete", !samples->is_cut);
    json_close_object(writer);
    return json_end(writer);
}
