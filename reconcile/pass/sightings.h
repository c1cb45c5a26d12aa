/* SPDX-License-Identifier: MIT */
/* How many whole lists in a row showed what is planned in a channel: what is remembered of it. */
#pragma once

#include "reconcile/channel/channel.h"

/* The sightings of those that are not as they were in this list are over, even if nothing more
 * comes of it: the channel may fail before the others are counted. 0, -ENOMEM, or the state's
 * errors. */
int sightings_forget_returned(ChannelPass *channel, Err *err);

/* Sightings are counted once a pass, whatever comes of the plan; where they are not asked for, old
 * ones are forgotten, so that they are not taken for the newest later. `is_recalled`: the record of
 * the channel was. Errors as above. */
int sightings_remember(ChannelPass *channel, bool is_recalled, Err *err);
