/* SPDX-License-Identifier: MIT */
#include "config/roster_set.h"

#include <string.h>

#include "config/config.h"
#include "config/instance_key.h"
#include "config/schema/canonical.h"
#include "daemon/base/str.h"

/* A roster that leaves these out gets them from the settings. */
static void set_put_settings(Buf *buf, const Config *config)
{
    for (SettingName name = 0; name < SETTING_COUNT; name++) {
        if (setting_row(name)->rule == SETTING_RULE_HOST)
            continue;
        canonical_put_text(buf, setting_row(name)->path);
        canonical_put_number(buf, setting_get(config, name));
    }
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        if (guards_is_of_hosts(guards_row(name)))
            continue;
        canonical_put_text(buf, guards_row(name)->name);
        canonical_put_number(buf, guards_limit(&config->guards, name));
    }
}

static void set_add_channel(CanonicalItems *items, const Config *config,
                            const RosterChannel *channel)
{
    char text[INSTANCE_KEY_SIZE + DIGEST_HEX_SIZE];

    instance_key(&config->instances[channel->instance], text);
    str_copy(text + strlen(text), DIGEST_HEX_SIZE, channel->canonical);
    canonical_items_add_bytes(items, text, strlen(text));
}

int roster_set_digest(const Config *config, char ret_digest[static DIGEST_HEX_SIZE])
{
    _cleanup_(canonical_items_done) CanonicalItems items = {0};
    _cleanup_(buf_done) Buf all = {0};

    for (size_t i = 0; i < config->channel_count; i++)
        set_add_channel(&items, config, &config->channels[i]);
    set_put_settings(&all, config);
    canonical_items_put(&all, &items);
    return canonical_digest(&all, ret_digest);
}
