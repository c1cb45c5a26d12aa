/* SPDX-License-Identifier: MIT */
/* What is said of a channel that nobody knows: the name that was probably meant, or where names are
 * to be found. */
#pragma once

#include "config/config.h"
#include "daemon/base/err.h"
#include "daemon/base/suggest.h"

typedef struct UnknownChannel {
    const char *text; /* as asked for: a name, an id, or either behind "instance/" */
    const char *same; /* a name that differs in case alone, or NULL; borrowed */
    Suggest suggest;
} UnknownChannel;

void unknown_channel_init(UnknownChannel *unknown, const char *text);

/* Considers a channel that there is. NULL is none. */
void unknown_channel_offer(UnknownChannel *unknown, const char *name);

/* All that the rosters have. */
void unknown_channel_offer_all(UnknownChannel *unknown, const Config *config);

/* Whether a roster has a channel of this name or id, as CHANNEL of the command line. */
bool unknown_channel_is_known(const Config *config, const char *text);

/* Whether it looks like an id, which only the service may know. */
bool unknown_channel_may_be_id(const UnknownChannel *unknown);

/* The name that was meant; NULL: none is near. Borrowed. */
const char *unknown_channel_find(const UnknownChannel *unknown);

/* Tells it; `where` is a command that lists the channels. Returns -ENOENT. */
int unknown_channel_fail(const UnknownChannel *unknown, const char *where, Err *err);
