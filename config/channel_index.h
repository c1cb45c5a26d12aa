/* SPDX-License-Identifier: MIT */
/* The channels of each instance of a configuration: whoever goes through those of one instance need
 * not look at those of all, of which there may be a thousand times as many. */
#pragma once

#include <stddef.h>

#include "config/config.h"

/* Starts as {0}. */
typedef struct ChannelIndex {
    const Config *config; /* borrowed */
    size_t *numbers;      /* of the channels, those of an instance one after the other */
    size_t *ends;         /* of each instance: where its own end there */
} ChannelIndex;

/* The channels of one instance, in the order of the configuration. */
typedef struct ChannelNumbers {
    const size_t *items; /* borrowed */
    size_t count;
} ChannelNumbers;

/* 0 or -ENOMEM; channel_index_done() in both cases. */
int channel_index_init(ChannelIndex *index, const Config *config);
void channel_index_done(ChannelIndex *index);

ChannelNumbers channel_index_get(const ChannelIndex *index, size_t instance);
