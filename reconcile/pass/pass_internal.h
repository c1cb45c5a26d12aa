/* SPDX-License-Identifier: MIT */
/* What the files of a pass share: pass_make.c makes it, pass.c drives it. */
#pragma once

#include <assert.h>

#include "reconcile/apply/group_commit.h"
#include "reconcile/pass/instance.h"
#include "reconcile/pass/pass.h"
#include "reconcile/pass/recovery.h"

struct Pass {
    const Config *config;
    const Ops *ops;
    void *context;
    uint64_t deadline_usec;
    InstancePass *instances; /* those in the scope */
    size_t first_instance;   /* the number of the first of them in the configuration */
    size_t instance_count;
    Recoveries recoveries;
    bool is_probe;
    const ChosenPlans *chosen; /* as in PassScope */
    size_t *firsts;            /* as in PassScope */
    PassSpent *spent;          /* likewise */
    LookupMemory *lookups;     /* likewise */
    TakeOver *take_overs;      /* likewise */
    bool was_stopped;          /* from outside: another pass goes on where this one ended */
    bool is_reported;
    size_t open_count; /* channels that are not done */
    GroupCommit group_commit;
    char hold[96]; /* why changes are held; "" while they are allowed */
    Report report;
};

/* Whether the instance with that number in the configuration is in the scope. */
static inline bool pass_covers(const Pass *pass, size_t number)
{
    return number - pass->first_instance < pass->instance_count;
}

static inline InstancePass *pass_instance(const Pass *pass, size_t number)
{
    assert(pass_covers(pass, number));
    return &pass->instances[number - pass->first_instance];
}
