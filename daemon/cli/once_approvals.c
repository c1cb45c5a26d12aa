/* SPDX-License-Identifier: MIT */
#include "daemon/cli/once_approvals.h"

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/store/mirror.h"

static int once_approvals_give_one(Store *store, const char *digest, bool opens_window,
                                   bool is_in_fleet, Err *err)
{
    int r = store_approve(store, digest, clock_realtime_usec(), err);

    if (r > 0)
        log_event(LOG_LEVEL_WARNING, NULL,
                  "the approval %s was used already: it lets its plan pass once", digest);
    if (r == 0 && opens_window)
        r = store_approve_now(store, digest, err);
    /* It is of this pass alone: etcd knows of what people approve by rosterctl. */
    if (r == 0 && is_in_fleet)
        r = store_mirror_keep_own(store, digest, err);
    return r < 0 ? r : 0;
}

int once_approvals_give(Store *store, const Options *options, const PlanFile *plan,
                        bool is_in_fleet, Err *err)
{
    int r = 0;

    for (size_t i = 0; store && i < options->approval_count && r == 0; i++)
        r = once_approvals_give_one(store, options->approvals[i], options->now, is_in_fleet, err);
    for (size_t i = 0; store && options->approves_plan && i < plan->chosen.count && r == 0; i++) {
        if (plan->chosen.plans[i].digest[0])
            r = once_approvals_give_one(store, plan->chosen.plans[i].digest, options->now,
                                        is_in_fleet, err);
    }
    return r;
}

static bool once_approvals_fits(const char *digest, const Report *report)
{
    for (size_t i = 0; i < report->channel_count; i++) {
        if (str_equal(digest, report->channels[i].digest))
            return true;
    }
    for (size_t i = 0; i < report->instance_count; i++) {
        if (str_equal(digest, report->instances[i].approved))
            return true;
    }
    return false;
}

void once_approvals_log_unfit(const Options *options, const Report *report)
{
    for (size_t i = 0; i < options->approval_count; i++) {
        if (!once_approvals_fits(options->approvals[i], report))
            log_event(LOG_LEVEL_WARNING, NULL,
                      "the approval %s fits no plan of this pass: it is of another plan, or "
                      "something changed meanwhile",
                      options->approvals[i]);
    }
}
