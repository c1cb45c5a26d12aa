/* SPDX-License-Identifier: MIT */
#include "daemon/control/channel_ref.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

void channel_ref_by_index(const Controller *controller, size_t index, ChannelRef *ret_found)
{
    const RosterChannel *channel = &controller->config->channels[index];
    Scheduler *scheduler = &controller->schedulers[channel->instance];
    size_t number = controller->numbers[index];

    *ret_found = (ChannelRef){
        .channel = channel,
        .instance_name = controller->config->instances[channel->instance].name,
        .instance_key = controller->backend.keys[channel->instance],
        .channel_id = channel->id,
        .report = number < scheduler->last.channel_count ? &scheduler->last.channels[number] : NULL,
        .scheduler = scheduler,
        .number = number,
    };
    if (ret_found->report && ret_found->report->id)
        ret_found->channel_id = ret_found->report->id;
}

static bool channel_ref_names(const ChannelRef *found, const char *text)
{
    const char *name = found->channel->name;

    if (!name && found->report)
        name = found->report->name;
    return (name && str_equal(name, text)) ||
           (found->channel_id && str_equal(found->channel_id, text));
}

static bool channel_ref_fits(const ChannelRef *found, const char *text)
{
    size_t size = strlen(found->instance_name);

    return channel_ref_names(found, text) ||
           (str_has_prefix(text, found->instance_name) && text[size] == '/' &&
            channel_ref_names(found, text + size + 1));
}

const char *channel_ref_name(const ChannelRef *found)
{
    if (found->channel->name)
        return found->channel->name;
    if (found->report && found->report->name)
        return found->report->name;
    return found->channel_id ? found->channel_id : "";
}

/* Whether the service has said the id of any channel of an instance. */
static bool channel_ref_has_ids(const Controller *controller, const Scheduler *scheduler)
{
    ChannelRef found;

    for (size_t i = 0; i < controller->config->channel_count; i++) {
        channel_ref_by_index(controller, i, &found);
        if (found.scheduler == scheduler && found.report && found.report->id && !found.channel->id)
            return true;
    }
    return false;
}

/* The first channel that goes by its name while no id of its instance is known, and so may be the
 * one that an id means. */
static bool channel_ref_find_without_id(const Controller *controller, ChannelRef *ret_found)
{
    for (size_t i = 0; i < controller->config->channel_count; i++) {
        channel_ref_by_index(controller, i, ret_found);
        if (!ret_found->channel_id && !channel_ref_has_ids(controller, ret_found->scheduler))
            return true;
    }
    return false;
}

void channel_ref_init_unknown(const Controller *controller, const char *text,
                              UnknownChannel *ret_unknown)
{
    ChannelRef found;

    unknown_channel_init(ret_unknown, text);
    for (size_t i = 0; i < controller->config->channel_count; i++) {
        channel_ref_by_index(controller, i, &found);
        unknown_channel_offer(ret_unknown, channel_ref_name(&found));
    }
}

static int channel_ref_fail_unknown(const Controller *controller, const char *text, Err *err)
{
    UnknownChannel unknown;
    ChannelRef found;

    channel_ref_init_unknown(controller, text, &unknown);
    if (unknown_channel_may_be_id(&unknown) && channel_ref_find_without_id(controller, &found))
        return err_set(err, -ENOENT,
                       "%.200s: no channel of the rosters has this name, and which ids those of %s "
                       "have is not known: %.300s",
                       text, found.instance_name,
                       found.report && found.report->error ? found.report->error->text
                                                           : "no pass has read them yet");
    return unknown_channel_fail(&unknown, "rosterctl status", err);
}

bool channel_ref_may_be_unread(const Controller *controller, const char *text)
{
    UnknownChannel unknown;
    ChannelRef found;

    unknown_channel_init(&unknown, text);
    return unknown_channel_may_be_id(&unknown) && channel_ref_find_without_id(controller, &found);
}

/* Which they are, as far as a line has room. */
static int channel_ref_fail_ambiguous(const Controller *controller, const char *text, Err *err)
{
    _cleanup_(buf_done) Buf list = {0};
    ChannelRef found;

    for (size_t i = 0; i < controller->config->channel_count; i++) {
        channel_ref_by_index(controller, i, &found);
        if (channel_ref_fits(&found, text))
            buf_printf(&list, "%s%s/%s", list.size ? ", " : "", found.instance_name,
                       found.channel_id ? found.channel_id : channel_ref_name(&found));
    }
    return err_set(err, -ENOTUNIQ, "%.200s: several channels have this name, say which: %.400s",
                   text, buf_text(&list));
}

int channel_ref_find(const Controller *controller, const char *text, ChannelRef *ret_found,
                     Err *err)
{
    size_t count = 0;
    ChannelRef found;

    for (size_t i = 0; i < controller->config->channel_count; i++) {
        channel_ref_by_index(controller, i, &found);
        if (!channel_ref_fits(&found, text))
            continue;
        if (count++ == 0)
            *ret_found = found;
    }
    if (count == 1)
        return 0;
    return count == 0 ? channel_ref_fail_unknown(controller, text, err)
                      : channel_ref_fail_ambiguous(controller, text, err);
}

int channel_ref_split(const char *text, Buf *scratch, const char **ret_instance,
                      const char **ret_channel)
{
    const char *slash = text ? strchr(text, '/') : NULL;

    *ret_channel = slash ? slash + 1 : text;
    *ret_instance = NULL;
    if (!slash)
        return 0;
    buf_append(scratch, text, (size_t)(slash - text));
    *ret_instance = buf_text(scratch);
    return buf_failed(scratch);
}
