/* SPDX-License-Identifier: MIT */
#include "daemon/cli/once_plan.h"

#include <errno.h>

#include "config/instance_key.h"
#include "daemon/base/clock.h"
#include "daemon/base/hang.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/report/json_source.h"

int once_plan_read(const Options *options, PlanFile *ret_plan)
{
    Err err = {0};
    int r;

    *ret_plan = (PlanFile){0};
    if (!options->plan_path)
        return 0;
    _cleanup_hang_ Hang hang = hang_enter(options->plan_path);

    r = plan_file_read(options->plan_path, ret_plan, &err);
    if (r < 0)
        log_event(LOG_LEVEL_ERR, NULL, "%s", err.text);
    return r;
}

static bool once_plan_has_instance(const Config *config, const char *wanted)
{
    for (size_t i = 0; i < config->instance_count; i++) {
        char key[INSTANCE_KEY_SIZE];

        instance_key(&config->instances[i], key);
        if (str_equal(key, wanted))
            return true;
    }
    return false;
}

/* One that is of other instances was given by mistake, even where it would change nothing. */
static int once_plan_check_instances(const ChosenPlans *chosen, const Config *config, Err *err)
{
    for (size_t i = 0; i < chosen->count; i++) {
        if (!once_plan_has_instance(config, chosen->plans[i].instance_key))
            return err_set(err, -EXDEV,
                           "it is a plan for another instance (endpoint, project, instance: %s) "
                           "than the settings have: give the one made with these settings",
                           chosen->plans[i].instance_key);
    }
    return 0;
}

int once_plan_check(const PlanFile *plan, const Options *options, const Config *config)
{
    Err err = {0};
    int r;

    if (!options->plan_path)
        return 0;
    r = chosen_check_time(&plan->chosen, clock_realtime_usec(), &err);
    if (r == 0)
        r = once_plan_check_instances(&plan->chosen, config, &err);
    if (r < 0)
        log_event(LOG_LEVEL_ERR, NULL, "%s: %s", options->plan_path, err.text);
    return r;
}

/* Or may be: of one that was not found by its name the id is not known. */
static bool once_plan_is_managed(const ChosenPlan *plan, const Report *report)
{
    for (size_t i = 0; i < report->channel_count; i++) {
        if (!report->channels[i].id || str_equal(report->channels[i].id, plan->channel_id))
            return true;
    }
    return false;
}

void once_plan_log_gone(const PlanFile *plan, const Report *report)
{
    for (size_t i = 0; i < plan->chosen.count; i++) {
        const ChosenPlan *chosen = &plan->chosen.plans[i];

        if (!once_plan_is_managed(chosen, report))
            log_event(LOG_LEVEL_WARNING, NULL,
                      "the plan changes the channel %s, which this pass did not find in any "
                      "roster: nothing was done there",
                      chosen->channel_id);
    }
}

int once_plan_keep(const Report *report, const char *path, Err *err)
{
    _cleanup_hang_ Hang hang = hang_enter(path);
    ReportSource source;
    JsonSource json;
    int r = json_source_init(&json, report, &source);

    r = r < 0 ? err_memory(err) : plan_file_write(&source, clock_realtime_usec(), path, err);
    json_source_done(&json);
    return r;
}
