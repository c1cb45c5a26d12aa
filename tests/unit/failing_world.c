/* SPDX-License-Identifier: MIT */
#include "tests/unit/failing_world.h"

void failing_world_inside(bool is_inside)
{
    failing_pause(!is_inside);
}

int failing_world_submit(void *context, const Request *request)
{
    int r;

    failing_pause(true);
    r = world_submit(context, request);
    failing_pause(false);
    return r;
}

int failing_world_record(void *context, Batch *batches, size_t count, Err *err)
{
    int r;

    failing_pause(true);
    r = world_record(context, batches, count, err);
    failing_pause(false);
    return r;
}
