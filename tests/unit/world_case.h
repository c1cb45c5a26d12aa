/* SPDX-License-Identifier: MIT */
/* Tests that each get a world of one instance as their state. */
#pragma once

#include "tests/world/world.h"

int world_case_setup(void **state);
int world_case_teardown(void **state);

#define WORLD_CASE(function)                                                                       \
    cmocka_unit_test_setup_teardown(function, world_case_setup, world_case_teardown)
