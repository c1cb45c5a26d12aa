/* SPDX-License-Identifier: MIT */
#include "daemon/report/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/report/unknown_channel.h"

static bool select_is_named(const ChannelReport *channel, const char *text)
{
    const char *const own[] = {channel->name, channel->id, channel->channel->name,
                               channel->channel->id};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (own[i] && str_equal(own[i], text))
            return true;
    }
    return false;
}

static bool select_fits(const ChannelReport *channel, const char *text)
{
    size_t size = strlen(channel->instance_name);

    return select_is_named(channel, text) ||
           (str_has_prefix(text, channel->instance_name) && text[size] == '/' &&
            select_is_named(channel, text + size + 1));
}

static bool select_wants(const ChannelReport *channel, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (select_fits(channel, names[i]))
            return true;
    }
    return count == 0;
}

/* Whether the service said the id of any channel of this one's instance. */
static bool select_knows_ids(const Report *report, const ChannelReport *of)
{
    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *channel = &report->channels[i];

        if (str_equal(channel->instance_name, of->instance_name) && channel->id &&
            !channel->channel->id)
            return true;
    }
    return false;
}

/* `text` fits none of them, whose ids may not be known because they could not be read. */
static int select_fail(const Report *report, const char *text, Err *err)
{
    UnknownChannel unknown;

    unknown_channel_init(&unknown, text);
    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *channel = &report->channels[i];

        unknown_channel_offer(&unknown, channel->name ? channel->name : channel->channel->name);
    }
    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *channel = &report->channels[i];

        if (unknown_channel_may_be_id(&unknown) && !channel->id && !channel->channel->id &&
            !select_knows_ids(report, channel))
            return err_set(err, -EIO,
                           "%.200s: no channel of the rosters has this name, and which ids those "
                           "of %s have could not be read: %.300s",
                           text, channel->instance_name, report_error(channel)->text);
    }
    return unknown_channel_fail(&unknown, "rosterctl plan -v", err);
}

static int select_check(const Report *report, const char *const *names, size_t count, Err *err)
{
    for (size_t i = 0; i < count; i++) {
        size_t fitting = 0;

        for (size_t k = 0; k < report->channel_count; k++)
            fitting += select_fits(&report->channels[k], names[i]);
        if (fitting == 0)
            return select_fail(report, names[i], err);
    }
    return 0;
}

static bool select_has_instance(const Report *report, const char *name)
{
    for (size_t i = 0; i < report->channel_count; i++) {
        if (str_equal(report->channels[i].instance_name, name))
            return true;
    }
    return false;
}

int report_select(const Report *report, const char *const *names, size_t count, Report *ret_report,
                  Err *err)
{
    Report selected = *report;
    int r = select_check(report, names, count, err);

    if (r < 0)
        return r;
    selected.channel_count = selected.instance_count = 0;
    selected.channels = calloc(report->channel_count + 1, sizeof(*selected.channels));
    selected.instances = calloc(report->instance_count + 1, sizeof(*selected.instances));
    if (!selected.channels || !selected.instances) {
        report_select_done(&selected);
        return err_memory(err);
    }
    for (size_t i = 0; i < report->channel_count; i++) {
        if (select_wants(&report->channels[i], names, count))
            selected.channels[selected.channel_count++] = report->channels[i];
    }
    for (size_t i = 0; i < report->instance_count; i++) {
        if (count == 0 || select_has_instance(&selected, report->instances[i].name))
            selected.instances[selected.instance_count++] = report->instances[i];
    }
    *ret_report = selected;
    return 0;
}

void report_select_done(Report *report)
{
    free(report->channels);
    free(report->instances);
    *report = (Report){0};
}
