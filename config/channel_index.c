/* SPDX-License-Identifier: MIT */
#include "config/channel_index.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int channel_index_init(ChannelIndex *index, const Config *config)
{
    size_t begin = 0;

    *index = (ChannelIndex){
        .config = config,
        .numbers = calloc(config->channel_count + 1, sizeof(*index->numbers)),
        .ends = calloc(config->instance_count + 1, sizeof(*index->ends)),
    };
    if (!index->numbers || !index->ends)
        return -ENOMEM;
    for (size_t i = 0; i < config->channel_count; i++) {
        assert(config->channels[i].instance < config->instance_count);
        index->ends[config->channels[i].instance]++;
    }
    /* Where its channels begin, until they are there. */
    for (size_t i = 0; i < config->instance_count; i++) {
        size_t count = index->ends[i];

        index->ends[i] = begin;
        begin += count;
    }
    for (size_t i = 0; i < config->channel_count; i++)
        index->numbers[index->ends[config->channels[i].instance]++] = i;
    return 0;
}

void channel_index_done(ChannelIndex *index)
{
    free(index->numbers);
    free(index->ends);
    *index = (ChannelIndex){0};
}

ChannelNumbers channel_index_get(const ChannelIndex *index, size_t instance)
{
    size_t begin = instance > 0 ? index->ends[instance - 1] : 0;

    assert(instance < index->config->instance_count && index->ends[instance] >= begin);
    return (ChannelNumbers){index->numbers + begin, index->ends[instance] - begin};
}
