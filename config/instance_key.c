/* SPDX-License-Identifier: MIT */
#include "config/instance_key.h"

#include <assert.h>
#include <stdio.h>

void instance_key(const Instance *instance, char ret_key[static INSTANCE_KEY_SIZE])
{
    int size;

    assert(instance->endpoint && instance->project_id && instance->instance_id);
    size = snprintf(ret_key, INSTANCE_KEY_SIZE, "%s %s %s", instance->endpoint,
                    instance->project_id, instance->instance_id);
    assert(size > 0 && size < INSTANCE_KEY_SIZE);
}
