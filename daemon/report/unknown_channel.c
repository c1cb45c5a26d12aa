/* SPDX-License-Identifier: MIT */
#include "daemon/report/unknown_channel.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"

/* The service's ids have 32 digits. */
#define ID_SIZE_MIN 16

static const char *unknown_channel_word(const UnknownChannel *unknown)
{
    const char *slash = strchr(unknown->text, '/');

    return slash ? slash + 1 : unknown->text;
}

void unknown_channel_init(UnknownChannel *unknown, const char *text)
{
    *unknown = (UnknownChannel){.text = text};
    suggest_init(&unknown->suggest, unknown_channel_word(unknown));
}

void unknown_channel_offer(UnknownChannel *unknown, const char *name)
{
    if (!name)
        return;
    suggest_offer(&unknown->suggest, name);
    if (strcasecmp(name, unknown_channel_word(unknown)) == 0)
        unknown->same = name;
}

void unknown_channel_offer_all(UnknownChannel *unknown, const Config *config)
{
    for (size_t i = 0; i < config->channel_count; i++)
        unknown_channel_offer(unknown, config->channels[i].name);
}

static bool unknown_channel_is_name(const RosterChannel *channel, const char *text)
{
    return (channel->name && str_equal(channel->name, text)) ||
           (channel->id && str_equal(channel->id, text));
}

static bool unknown_channel_is(const Config *config, const RosterChannel *channel, const char *text)
{
    const char *instance = config->instances[channel->instance].name;
    size_t size = strlen(instance);

    return unknown_channel_is_name(channel, text) ||
           (str_has_prefix(text, instance) && text[size] == '/' &&
            unknown_channel_is_name(channel, text + size + 1));
}

bool unknown_channel_is_known(const Config *config, const char *text)
{
    for (size_t i = 0; i < config->channel_count; i++) {
        if (unknown_channel_is(config, &config->channels[i], text))
            return true;
    }
    return false;
}

bool unknown_channel_may_be_id(const UnknownChannel *unknown)
{
    const char *word = unknown_channel_word(unknown);
    size_t size = strlen(word);

    return size >= ID_SIZE_MIN && strspn(word, "0123456789abcdefABCDEF-") == size;
}

const char *unknown_channel_find(const UnknownChannel *unknown)
{
    return unknown->same ? unknown->same : unknown->suggest.best;
}

int unknown_channel_fail(const UnknownChannel *unknown, const char *where, Err *err)
{
    const char *meant = unknown_channel_find(unknown);

    if (meant)
        return err_set(err, -ENOENT,
                       "%.200s: no channel of the rosters has this name or id, do you mean %.200s?",
                       unknown->text, meant);
    return err_set(err, -ENOENT,
                   "%.200s: no channel of the rosters has this name or id; %s lists them",
                   unknown->text, where);
}
