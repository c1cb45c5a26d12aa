/* SPDX-License-Identifier: MIT */
#include "config/instance_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int instance_index_order_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int instance_index_order(const Instance *a, const Instance *b)
{
    int order = instance_index_order_text(a->instance_id, b->instance_id);

    if (order == 0)
        order = instance_index_order_text(a->project_id, b->project_id);
    return order ? order : instance_index_order_text(a->endpoint, b->endpoint);
}

static int instance_index_by_number(const void *left, const void *right, void *config)
{
    const Instance *instances = ((const Config *)config)->instances;
    const size_t *a = left, *b = right;
    int order = instance_index_order(&instances[*a], &instances[*b]);

    return order ? order : (*a > *b) - (*a < *b);
}

int instance_index_init(InstanceIndex *index, const Config *config)
{
    size_t count = config->instance_count;

    *index = (InstanceIndex){config, calloc(count + 1, sizeof(*index->numbers))};
    if (!index->numbers)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        index->numbers[i] = i;
    /* What is handed through is mutable, and only read. */
    qsort_r(index->numbers, count, sizeof(*index->numbers), instance_index_by_number,
            (void *)(uintptr_t)config);
    return 0;
}

void instance_index_done(InstanceIndex *index)
{
    free(index->numbers);
    *index = (InstanceIndex){0};
}

size_t instance_index_find(const InstanceIndex *index, const Instance *instance)
{
    const Instance *instances = index->config->instances;
    size_t low = 0, high = index->config->instance_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (instance_index_order(&instances[index->numbers[middle]], instance) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < index->config->instance_count &&
        instance_index_order(&instances[index->numbers[low]], instance) == 0)
        return index->numbers[low];
    return index->config->instance_count;
}
