/* SPDX-License-Identifier: MIT */
/* Imaginary worlds in tests of failing allocations: their own memory never fails. */
#pragma once

#include "tests/unit/failing.h"
#include "tests/world/world.h"

/* World.inside: allocations fail in the code under test alone. */
void failing_world_inside(bool is_inside);

/* Ops.submit and Ops.record. */
int failing_world_submit(void *context, const Request *request);
int failing_world_record(void *context, Batch *batches, size_t count, Err *err);
