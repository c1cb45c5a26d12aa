/* SPDX-License-Identifier: MIT */
#include "tests/sim/broken.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/world/trace.h"

void sim_live_again(const World *world, const char *text, const char *program, const char *fault)
{
    char seed[32];

    snprintf(seed, sizeof(seed), "%zu", (size_t)world->seed);
    printf("a rule breaks: %s\n", text);
    fflush(stdout);
    execl(program, program, "--seed", seed, fault, (char *)NULL);
    _exit(1);
}

void sim_tell_broken(const World *world, const char *text, const char *target)
{
    world_trace_print(world);
    printf("seed %zu, %s, after %.3f s: %s\n", (size_t)world->seed, world->pass_id,
           (double)world->now_usec / 1e6, text);
    printf("again: make %s SEED=%zu\n0 passed, 1 failed\n", target, (size_t)world->seed);
    fflush(stdout);
    _exit(1);
}
