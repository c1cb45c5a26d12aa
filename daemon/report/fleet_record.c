/* SPDX-License-Identifier: MIT */
#include "daemon/report/fleet_record.h"

#include <assert.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/report/json.h"

static const char *fleet_record_name(const ChannelReport *channel)
{
    return channel->name ? channel->name : channel->id ? channel->id : "";
}

static bool fleet_record_is_of(const ChannelReport *channel, const InstanceReport *instance)
{
    return str_equal(channel->instance_name, instance->name);
}

static void fleet_record_put_results(JsonWriter *writer, const Report *report,
                                     const InstanceReport *instance)
{
    size_t counts[RESULT_FAILED + 1] = {0}, count = 0;

    for (size_t i = 0; i < report->channel_count; i++) {
        if (!fleet_record_is_of(&report->channels[i], instance))
            continue;
        counts[report->channels[i].result]++;
        count++;
    }
    json_put_number(writer, "channels", count);
    json_open_object(writer, "results");
    for (Result result = 0; result <= RESULT_FAILED; result++) {
        if (counts[result] > 0)
            json_put_number(writer, report_result_text(result), counts[result]);
    }
    json_close_object(writer);
}

/* Those that are held; or those that have failed, which the unmanageable ones have as well. */
static void fleet_record_put_channels(JsonWriter *writer, const char *key, const Report *report,
                                      const InstanceReport *instance, bool is_failed)
{
    size_t count = 0;

    json_open_array(writer, key);
    for (size_t i = 0; i < report->channel_count && count < FLEET_RECORD_CHANNELS_MAX; i++) {
        const ChannelReport *channel = &report->channels[i];
        bool fits = is_failed ? channel->result > RESULT_HELD : channel->result == RESULT_HELD;

        if (!fits || !fleet_record_is_of(channel, instance))
            continue;
        json_open_object(writer, NULL);
        json_put_text(writer, "channel", fleet_record_name(channel));
        if (is_failed)
            report_json_put_error(writer, report_error(channel));
        else
            report_json_put_guards(writer, channel->guards, channel->guard_count);
        json_close_object(writer);
        count++;
    }
    json_close_array(writer);
}

int fleet_record_append(const Report *report, size_t number, uint64_t ended_usec, Buf *buf)
{
    const InstanceReport *instance = &report->instances[number];
    char ended[CLOCK_RFC3339_SIZE];
    JsonWriter writer = {.buf = buf, .is_compact = true};

    assert(number < report->instance_count);
    clock_format_rfc3339(ended_usec, ended);
    json_open_object(&writer, NULL);
    json_put_text(&writer, "pass", report->pass_id);
    json_put_text(&writer, "ended", ended);
    report_json_put_roster(&writer, report->roster_digest, report->roster_head);
    json_put_text(&writer, "result", report_result_text(report_instance_result(report, instance)));
    json_put_text(&writer, "digest", instance->digest);
    fleet_record_put_results(&writer, report, instance);
    report_json_put_guards(&writer, instance->guards, instance->guard_count);
    fleet_record_put_channels(&writer, "held", report, instance, false);
    fleet_record_put_channels(&writer, "failed", report, instance, true);
    json_close_object(&writer);
    return json_end(&writer);
}
