/* SPDX-License-Identifier: MIT */
#include "daemon/control/channel_ref.h"

#include <errno.h>
#include <string.h>

#include "config/schema/suggest.h"
#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

void channel_ref_by_index(const Controller *controller, size_t index, ChannelRef *ret_found)
{
    const RosterChannel *channel = &controller->config->channels[index];
    Scheduler *scheduler = &controller->schedulers[channel->instance];
    size_t number = 0;

    for (size_t i = 0; i < index; i++)
        number += controller->config->channels[i].instance == channel->instance;
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

static int channel_ref_fail_unknown(const Controller *controller, const char *text, Err *err)
{
    const char *slash = strchr(text, '/'), *word = slash ? slash + 1 : text, *same = NULL;
    ChannelRef found;
    Suggest suggest;

    suggest_init(&suggest, word);
    for (size_t i = 0; i < controller->config->channel_count; i++) {
        channel_ref_by_index(controller, i, &found);
        suggest_offer(&suggest, channel_ref_name(&found));
        if (strcasecmp(channel_ref_name(&found), word) == 0)
            same = channel_ref_name(&found);
    }
    if (!same && !suggest.best)
        return err_set(err, -ENOENT, "%.200s: no channel of the rosters has this name or id", text);
    return err_set(err, -ENOENT,
                   "%.200s: no channel of the rosters has this name or id, do you mean %.200s?",
                   text, same ? same : suggest.best);
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
