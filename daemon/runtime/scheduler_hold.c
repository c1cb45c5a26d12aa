/* SPDX-License-Identifier: MIT */
/* Beats for people: a pass that somebody asks for, no pass for a while. */
#include "daemon/runtime/scheduler.h"

uint64_t scheduler_ask(Scheduler *scheduler)
{
    if (scheduler->run)
        scheduler->is_asked = true;
    else if (!scheduler->is_halted && scheduler_has_work(scheduler))
        scheduler_schedule(scheduler, 0);
    return scheduler->begun_count + 1;
}

void scheduler_hold(Scheduler *scheduler, const char *why)
{
    scheduler->is_held = true;
    scheduler_schedule(scheduler, 0);
    if (!scheduler->run || !why)
        return;
    scheduler->is_cut = true;
    pass_run_stop(scheduler->run, why);
}

void scheduler_release(Scheduler *scheduler)
{
    scheduler->is_held = false;
    if (!scheduler->run && !scheduler->is_halted && scheduler_has_work(scheduler))
        scheduler_schedule(scheduler, 0);
}
