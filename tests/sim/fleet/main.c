/* SPDX-License-Identifier: MIT */
/* Lives many seeds of a fleet, or one again with a trace: fleet [SEEDS [FIRST]] | fleet --seed N |
 * fleet --faults: whether the judge notices each fault of the code that it is there for | fleet
 * --scale N: three hosts with that many instances (scale.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/sim/broken.h"
#include "tests/sim/fleet/fleet.h"
#include "tests/sim/fleet/scale.h"
#include "tests/world/trace.h"

/* Of so many seeds, one at least breaks a rule. */
#define MAIN_FAULT_SEEDS 400

static WorldTrace trace;
static const char *program;
static FleetFault fault;
static bool is_trying;  /* whether a fault is noticed */
static bool is_scaling; /* there is but one such life */

static const char *const fault_names[] = {
    [FLEET_FAULT_NONE] = "none",
    [FLEET_FAULT_LATE_DEADLINE] = "late-deadline",
    [FLEET_FAULT_NO_HANDOVER] = "no-handover",
    [FLEET_FAULT_NO_FENCE] = "no-fence",
    [FLEET_FAULT_NO_INTENT] = "no-intent",
    [FLEET_FAULT_NO_GATE] = "no-gate",
    [FLEET_FAULT_SLEEPING_CLOCK] = "sleeping-clock",
    [FLEET_FAULT_RASH_RELEASE] = "rash-release",
    [FLEET_FAULT_OLD_PLAN] = "old-plan",
    [FLEET_FAULT_DEAF_TO_PAUSES] = "deaf-to-pauses",
    [FLEET_FAULT_UNDONE_UNDO] = "undone-undo",
    [FLEET_FAULT_HASTY_UNDO] = "hasty-undo",
    [FLEET_FAULT_STALE_ANSWER] = "stale-answer",
    [FLEET_FAULT_KEPT_APPROVAL] = "kept-approval",
    [FLEET_FAULT_LOOSE_APPROVAL] = "loose-approval",
};

static void main_on_traced(const World *world, const char *text)
{
    sim_tell_broken(world, text, "sim-fleet");
}

static void main_on_broken(const World *world, const char *text)
{
    sim_live_again(world, text, program, fault_names[fault]);
}

static void main_on_noticed(const World *world, const char *text)
{
    (void)world;
    printf("%s\n", text);
    fflush(stdout);
    _exit(1);
}

static void main_on_scale_broken(const World *world, const char *text)
{
    printf("after %.3f s: %s\n0 passed, 1 failed\n", (double)world->now_usec / 1e6, text);
    fflush(stdout);
    _exit(1);
}

void sim_on_broken(World *world)
{
    world->on_broken = world->trace ? main_on_traced : main_on_broken;
    if (is_trying)
        world->on_broken = main_on_noticed;
    if (is_scaling)
        world->on_broken = main_on_scale_broken;
}

static void main_print(const FleetCounts *counts, uint64_t seeds)
{
    printf("%zu passes, %zu changes landed, %zu came late, %zu were not begun; %zu times an "
           "instance was taken, %zu of them not released; %zu times a host stood still or slept, "
           "%zu kills, %zu stops, %zu drains, %zu pauses, %zu plans approved and %zu of these "
           "approvals spent, %zu undos, %zu handed over and %zu of "
           "them answered, %zu members put back, %zu pushes, %.0f hours\n",
           (size_t)counts->sim.passes, (size_t)counts->landed, (size_t)counts->late,
           (size_t)counts->refused, (size_t)counts->owned, (size_t)counts->taken_over,
           (size_t)counts->freezes, (size_t)counts->kills, (size_t)counts->stops,
           (size_t)counts->drains, (size_t)counts->pauses, (size_t)counts->approved,
           (size_t)counts->spent, (size_t)counts->undos, (size_t)counts->handed,
           (size_t)counts->answered, (size_t)counts->kept, (size_t)counts->pushes,
           (double)counts->virtual_usec / (double)USEC_PER_HOUR);
    printf("%zu seeds, no rule is broken\n1 passed, 0 failed\n", (size_t)seeds);
}

static void main_live(uint64_t first, uint64_t seeds, WorldTrace *with)
{
    FleetCounts counts = {0};

    for (uint64_t seed = first; seed < first + seeds; seed++)
        fleet_life(seed, fault, with, &counts);
    main_print(&counts, seeds);
}

/* ---- whether the judge can object ---- */

static bool main_is_noticed(FleetFault tried)
{
    int status;
    pid_t child;

    printf("%s: ", fault_names[tried]);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        FleetCounts counts = {0};

        is_trying = true;
        for (uint64_t seed = 1; seed <= MAIN_FAULT_SEEDS; seed++)
            fleet_life(seed, tried, NULL, &counts);
        printf("nobody notices\n");
        fflush(stdout);
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 1;
}

static int main_try_faults(void)
{
    int unnoticed = 0;

    for (FleetFault tried = FLEET_FAULT_NONE + 1; tried < FLEET_FAULT_COUNT; tried++)
        unnoticed += !main_is_noticed(tried);
    printf("%d passed, %d failed\n", FLEET_FAULT_COUNT - 1 - unnoticed, unnoticed);
    return unnoticed > 0;
}

static FleetFault main_find_fault(const char *name)
{
    for (FleetFault i = 0; i < FLEET_FAULT_COUNT; i++) {
        if (strcmp(fault_names[i], name) == 0)
            return i;
    }
    return FLEET_FAULT_NONE;
}

static int main_scale(size_t instance_count)
{
    FleetCounts counts = {0};

    is_scaling = true;
    scale_life(instance_count, &counts);
    printf("%zu passes, %zu changes landed, %.0f hours\n1 passed, 0 failed\n",
           (size_t)counts.sim.passes, (size_t)counts.landed,
           (double)counts.virtual_usec / (double)USEC_PER_HOUR);
    return 0;
}

int main(int argc, char **argv)
{
    program = argv[0];
    changes_init();
    if (argc == 2 && strcmp(argv[1], "--faults") == 0)
        return main_try_faults();
    if (argc == 3 && strcmp(argv[1], "--scale") == 0)
        return main_scale(strtoull(argv[2], NULL, 10));
    if (argc > 2 && strcmp(argv[1], "--seed") == 0) {
        fault = argc > 3 ? main_find_fault(argv[3]) : FLEET_FAULT_NONE;
        main_live(strtoull(argv[2], NULL, 10), 1, &trace);
        return 0;
    }
    main_live(argc > 2 ? strtoull(argv[2], NULL, 10) : 1,
              argc > 1 ? strtoull(argv[1], NULL, 10) : 200, NULL);
    return 0;
}
