/* SPDX-License-Identifier: MIT */
/* Which channel a person means by CHANNEL: a name, an id, or instance/name.
 */
#pragma once

#include "daemon/base/err.h"
#include "daemon/report/unknown_channel.h"
#include "daemon/runtime/controller.h"

typedef struct ChannelRef {
    const RosterChannel *channel;
    const char *instance_name;
    const char *instance_key;    /* what the state goes by */
    const char *channel_id;      /* as the last pass found it; NULL: not known yet */
    const ChannelReport *report; /* of the last pass; NULL before the first */
    Scheduler *scheduler;
    size_t number; /* among its scheduler's channels */
} ChannelRef;

/* 0; -ENOENT where none fits; -ENOTUNIQ where several do; told in `err`. Borrowed from the
 * controller.
 */
int channel_ref_find(const Controller *controller, const char *text, ChannelRef *ret_found,
                     Err *err);

/* Who is near a text that fits none. Borrowed from the configuration and the last reports. */
void channel_ref_init_unknown(const Controller *controller, const char *text,
                              UnknownChannel *ret_unknown);

/* Whether a text that fits none may be the id of one, which the service has not said yet. */
bool channel_ref_may_be_unread(const Controller *controller, const char *text);

/* The channel with that place in the configuration. */
void channel_ref_by_index(const Controller *controller, size_t index, ChannelRef *ret_found);

/* What people call a channel: its own name, else its id. */
const char *channel_ref_name(const ChannelRef *found);

/* Of a channel that may be in no roster any more: what is before and after the slash of
 * INSTANCE/CHANNEL, or all of CHANNEL with no instance. NULL stays NULL; `scratch` holds the
 * instance. 0 or -ENOMEM. */
int channel_ref_split(const char *text, Buf *scratch, const char **ret_instance,
                      const char **ret_channel);
