/* SPDX-License-Identifier: MIT */
/* The last things that happened in an imaginary world, in words. */
#pragma once

#include "tests/world/world.h"

#define TRACE_LINES 60

typedef struct WorldTrace {
    char lines[TRACE_LINES][160];
    uint64_t count;
} WorldTrace;

/* Costs nothing while World.trace is NULL. */
void world_trace(const World *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
void world_trace_send(const World *world, const Request *request);
void world_trace_answer(const World *world, const Request *request, const Answer *answer);
void world_trace_print(const World *world);
