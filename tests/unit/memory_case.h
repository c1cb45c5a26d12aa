/* SPDX-License-Identifier: MIT */
/*
 * What tests share in which each allocation of a client's life fails once, in turn: the service in
 * a process of its own, so that the test has the allocator to itself, and the turns.
 */
#pragma once

#include <sys/types.h>

#include "tests/unit/client_case.h"

/* One life of the client, which failing_stop() ends. */
typedef void (*MemoryCaseLive)(ClientCase *client_case, const void *argument);

/* The service moves to a child, on a loop of its own; skips the test where no allocation can be
 * made to fail. */
pid_t memory_case_begin(ClientCase *client_case);
void memory_case_end(ClientCase *client_case, pid_t service);

/* Begins a client; false when the allocation that failed was one of these. */
bool memory_case_start(ClientCase *client_case);

/* Lives once for each allocation, of which there are between `min` and `max`, and once more, with
 * none that fails. */
void memory_case_turn(ClientCase *client_case, MemoryCaseLive live, const void *argument, long min,
                      long max);
