/* SPDX-License-Identifier: MIT */
/* Lives many seeds, or one again with a trace: sim [SEEDS [FIRST]] | sim --seed N. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/broken.h"
#include "tests/sim/sim.h"
#include "tests/world/trace.h"

static WorldTrace trace;
static const char *program;

static void main_on_traced(const World *world, const char *text)
{
    sim_tell_broken(world, text, "sim");
}

static void main_on_broken(const World *world, const char *text)
{
    sim_live_again(world, text, program, NULL);
}

void sim_on_broken(World *world)
{
    world->on_broken = world->trace ? main_on_traced : main_on_broken;
}

static double main_cpu_seconds(void)
{
    struct timespec spent;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

static void main_print(const SimCounts *counts, uint64_t seeds)
{
    double days = (double)counts->virtual_usec / (double)USEC_PER_DAY;
    double minutes = main_cpu_seconds() / 60;

    printf(
        "%zu passes, %zu deletions recorded, %zu plans held, %zu approvals, %zu edits, %zu "
        "kills, %zu undos, %zu members put back, %zu outages, %zu passes asked for, %zu holds of "
        "changes, %zu stops\n",
        (size_t)counts->passes, (size_t)counts->deletions, (size_t)counts->held,
        (size_t)counts->approvals, (size_t)counts->edits, (size_t)counts->kills,
        (size_t)counts->undos, (size_t)counts->returns, (size_t)counts->outages,
        (size_t)counts->asked, (size_t)counts->holds, (size_t)counts->stops);
    printf("%.0f simulated days in %.1f CPU s: %.0f simulated days in a minute of CPU\n", days,
           minutes * 60, days / minutes);
    printf("%zu seeds, no rule is broken\n1 passed, 0 failed\n", (size_t)seeds);
}

int main(int argc, char **argv)
{
    bool is_one = argc == 3 && strcmp(argv[1], "--seed") == 0;
    uint64_t seeds = argc > 1 && !is_one ? strtoull(argv[1], NULL, 10) : 1000;
    uint64_t first = argc > 2 && !is_one ? strtoull(argv[2], NULL, 10) : 1;
    SimCounts counts = {0};

    program = argv[0];
    if (is_one) {
        sim_life(strtoull(argv[2], NULL, 10), &trace, &counts);
        seeds = 1;
    }
    for (uint64_t seed = first; seed < first + seeds && !is_one; seed++)
        sim_life(seed, NULL, &counts);
    main_print(&counts, seeds);
    return 0;
}
