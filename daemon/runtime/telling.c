/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/telling.h"

#include <stdint.h>

static void telling_tell(Telling *telling, size_t at_once)
{
    size_t told = 0;

    while (telling->next < telling->count && told < at_once) {
        const ChannelReport *channel = &telling->channels[telling->next++];

        pass_log_recovered(telling->log, channel);
        pass_log_drift(telling->log, channel);
        told += TELLING_CHANNEL + channel->extra_count + channel->missing_count;
    }
}

static void telling_end(Telling *telling)
{
    telling->channels = NULL;
    telling->count = telling->next = 0;
    telling->go_on = sd_event_source_disable_unref(telling->go_on);
}

static void telling_step(Telling *telling)
{
    telling_tell(telling, TELLING_AT_ONCE);
    if (telling->next == telling->count)
        telling_end(telling);
}

static int telling_on_turn(sd_event_source *source, void *userdata)
{
    (void)source;
    telling_step(userdata);
    return 0;
}

void telling_finish(Telling *telling)
{
    telling_tell(telling, SIZE_MAX);
    telling_end(telling);
}

/* Where no turn can be asked for, it is told at once. */
void telling_begin(Telling *telling, const ChannelReport *channels, size_t count)
{
    telling_finish(telling);
    telling->channels = channels;
    telling->count = count;
    telling_step(telling);
    if (!telling->channels)
        return;
    if (sd_event_add_defer(telling->event, &telling->go_on, telling_on_turn, telling) < 0 ||
        sd_event_source_set_enabled(telling->go_on, SD_EVENT_ON) < 0)
        telling_finish(telling);
}
