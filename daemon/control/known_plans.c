/* SPDX-License-Identifier: MIT */
#include "daemon/control/known_plans.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"

typedef struct Found {
    const char *prefix;
    KnownPlan *plans;
    size_t count;
} Found;

static void known_plans_add(Found *found, const KnownPlan *plan)
{
    if (!plan->digest[0] || !str_has_prefix(plan->digest, found->prefix) ||
        found->count == KNOWN_PLANS_MAX)
        return;
    for (size_t i = 0; i < found->count; i++) {
        if (str_equal(found->plans[i].digest, plan->digest))
            return;
    }
    found->plans[found->count++] = *plan;
}

static void known_plans_add_report(Found *found, const Report *report)
{
    for (size_t i = 0; i < report->instance_count; i++)
        known_plans_add(found, &(KnownPlan){.digest = report->instances[i].digest,
                                            .report = report,
                                            .instance = &report->instances[i]});
    for (size_t i = 0; i < report->channel_count; i++)
        known_plans_add(found, &(KnownPlan){.digest = report->channels[i].digest,
                                            .report = report,
                                            .channel = &report->channels[i]});
}

size_t known_plans_find(const Control *control, const char *prefix,
                        KnownPlan ret_plans[static KNOWN_PLANS_MAX])
{
    Found found = {.prefix = prefix, .plans = ret_plans};

    for (size_t i = 0; i < control->controller->scheduler_count; i++)
        known_plans_add_report(&found, &control->controller->schedulers[i].last);
    known_plans_add_report(&found, &control->planned);
    return found.count;
}

int known_plans_get(const Control *control, const char *prefix, KnownPlan *ret_plan, Err *err)
{
    KnownPlan plans[KNOWN_PLANS_MAX];
    size_t count;

    if (!digest_is_hex(prefix, DIGEST_SHORT))
        return err_set(err, -EINVAL,
                       "\"%.80s\" is no digest, which has 64 digits of 0-9 and a-f (the first %d "
                       "will do)",
                       prefix, DIGEST_SHORT);
    count = known_plans_find(control, prefix, plans);
    if (count == 0)
        return err_set(err, -ENOENT,
                       "%.*s: rosterd knows no plan with this digest: something has changed since "
                       "it was shown, or no pass has been made yet; rosterctl plan shows what is "
                       "planned now",
                       DIGEST_SHORT, prefix);
    if (count > 1)
        return err_set(err, -ENOTUNIQ, "%s: several plans begin so, give more of the digest",
                       prefix);
    *ret_plan = plans[0];
    return 0;
}
