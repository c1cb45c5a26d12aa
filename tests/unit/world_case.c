/* SPDX-License-Identifier: MIT */
#include "tests/unit/world_case.h"

int world_case_setup(void **state)
{
    *state = world_new(1);
    return 0;
}

int world_case_teardown(void **state)
{
    world_free(*state);
    return 0;
}
