/* SPDX-License-Identifier: MIT */
/* The instances of a configuration by what makes them the same (instance_key.h): whoever takes
 * over from one configuration to the next finds each of a thousand at once. */
#pragma once

#include <stddef.h>

#include "config/config.h"

/* Starts as {0}. */
typedef struct InstanceIndex {
    const Config *config; /* borrowed */
    size_t *numbers;      /* of its instances, in the order of what makes them the same */
} InstanceIndex;

/* 0 or -ENOMEM; instance_index_done() in both cases. */
int instance_index_init(InstanceIndex *index, const Config *config);
void instance_index_done(InstanceIndex *index);

/* The number of the same instance, whatever it is called; instance_count of the configuration: it
 * has none. Needs no memory. */
size_t instance_index_find(const InstanceIndex *index, const Instance *instance);
