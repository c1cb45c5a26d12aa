/* SPDX-License-Identifier: MIT */
#include "reconcile/survey/survey_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/clock.h"

/* ---- making ---- */

int survey_new(const Config *config, const Ops *ops, void *context, const SurveyScope *scope,
               Survey **ret_survey)
{
    _cleanup_(survey_freep) Survey *survey = calloc(1, sizeof(*survey));

    assert(config && ops && scope->pass_id && scope->throttles);
    if (!survey)
        return -ENOMEM;
    survey->config = config;
    survey->ops = ops;
    survey->context = context;
    survey->reads_members = scope->reads_members;
    survey->names = scope->names;
    survey->name_count = scope->name_count;
    survey->fits = calloc(scope->name_count + 1, sizeof(*survey->fits));
    survey->instances = calloc(config->instance_count, sizeof(*survey->instances));
    survey->instance_count = config->instance_count;
    if (!survey->fits || !survey->instances)
        return -ENOMEM;
    for (size_t i = 0; i < config->instance_count; i++) {
        SurveyInstance *instance = &survey->instances[i];

        instance->survey = survey;
        instance->is_covered = scope->instance == SURVEY_ALL_INSTANCES || scope->instance == i;
        dispatch_init(&instance->dispatch, config, ops, context, i, scope->pass_id,
                      &scope->throttles[i]);
    }
    *ret_survey = TAKE_PTR(survey);
    return 0;
}

/* Its permits are another's, which may be gone before what was found. */
static void survey_leave_instance(SurveyInstance *instance)
{
    dispatch_done(&instance->dispatch);
    instance->dispatch = (Dispatch){0};
}

static void survey_free_instance(SurveyInstance *instance)
{
    survey_leave_instance(instance);
    for (size_t i = 0; i < instance->channel_count; i++) {
        diff_done(&instance->channels[i].diff);
        desired_done(&instance->channels[i].desired);
    }
    catalog_done(&instance->catalog);
    free(instance->channels);
    free(instance->rows);
}

void survey_free(Survey *survey)
{
    if (!survey)
        return;
    for (size_t i = 0; survey->instances && i < survey->instance_count; i++)
        survey_free_instance(&survey->instances[i]);
    free(survey->instances);
    free(survey->fits);
    free(survey);
}

/* ---- driving ---- */

/* Sends after each start: a request that cannot even be sent gives its slot back at once. */
static void survey_pump_instance(SurveyInstance *instance)
{
    dispatch_pump(&instance->dispatch);
    while (instance->next < instance->channel_count && dispatch_has_slot(&instance->dispatch)) {
        SurveyChannel *channel = &instance->channels[instance->next++];

        if (!channel->is_done)
            survey_read_members(channel);
        dispatch_pump(&instance->dispatch);
    }
    dispatch_rest(&instance->dispatch);
}

static void survey_pump(Survey *survey)
{
    uint64_t next_usec = survey->deadline_usec;

    for (size_t i = 0; i < survey->config->instance_count; i++)
        survey_pump_instance(&survey->instances[i]);
    /* What one gave up may be kept for another by now. */
    for (size_t i = 0; i < survey->config->instance_count; i++) {
        uint64_t instance_usec = dispatch_next_usec(&survey->instances[i].dispatch);

        next_usec = instance_usec < next_usec ? instance_usec : next_usec;
    }
    survey->ops->wake_at(survey->context, survey_is_done(survey) ? USEC_NEVER : next_usec);
}

void survey_start(Survey *survey)
{
    assert(survey->deadline_usec == 0);
    survey->deadline_usec =
        survey->ops->now_usec(survey->context) + survey->config->limits.pass_deadline_usec;
    for (size_t i = 0; i < survey->config->instance_count; i++)
        survey->open_count += survey->instances[i].is_covered;
    for (size_t i = 0; i < survey->config->instance_count; i++) {
        if (survey->instances[i].is_covered)
            survey_read_channels(&survey->instances[i]);
    }
    survey_pump(survey);
}

void survey_on_answer(Survey *survey, void *tag, const Answer *answer)
{
    Call *call = tag;

    assert(call && answer && call->request.instance < survey->config->instance_count);
    dispatch_on_answer(&survey->instances[call->request.instance].dispatch, call, answer);
    survey_pump(survey);
}

void survey_on_renewed(Survey *survey, size_t instance, Renewal renewal, const Err *err)
{
    assert(instance < survey->config->instance_count);
    dispatch_on_renewed(&survey->instances[instance].dispatch, renewal, err);
    survey_pump(survey);
}

void survey_stop(Survey *survey, const char *why)
{
    survey->deadline_usec = USEC_NEVER;
    for (size_t i = 0; i < survey->config->instance_count; i++)
        dispatch_stop(&survey->instances[i].dispatch, why);
    survey_pump(survey);
}

static void survey_abandon_instance(SurveyInstance *instance)
{
    dispatch_stop_bound(&instance->dispatch);
    if (instance->call.is_in_flight)
        dispatch_abandon(&instance->dispatch, &instance->call);
    for (size_t i = 0; i < instance->channel_count; i++) {
        if (instance->channels[i].call.is_in_flight)
            dispatch_abandon(&instance->dispatch, &instance->channels[i].call);
    }
}

void survey_abandon(Survey *survey, const char *why)
{
    survey_stop(survey, why);
    for (size_t i = 0; i < survey->config->instance_count; i++)
        survey_abandon_instance(&survey->instances[i]);
    survey_pump(survey);
}

void survey_on_wake(Survey *survey)
{
    char duration[32], why[96];

    if (survey->ops->now_usec(survey->context) < survey->deadline_usec) {
        survey_pump(survey);
        return;
    }
    clock_format_duration(survey->config->limits.pass_deadline_usec, duration, sizeof(duration));
    snprintf(why, sizeof(why), "the deadline of %s came first (limits.pass_deadline)", duration);
    survey_stop(survey, why);
}

bool survey_is_done(const Survey *survey)
{
    return survey->open_count == 0;
}

void survey_leave(Survey *survey)
{
    assert(survey_is_done(survey));
    for (size_t i = 0; i < survey->instance_count; i++)
        survey_leave_instance(&survey->instances[i]);
}

/* ---- what was found ---- */

const Config *survey_get_config(const Survey *survey)
{
    return survey->config;
}

const SurveyChannel *survey_get_channels(const Survey *survey, size_t instance, size_t *ret_count)
{
    assert(instance < survey->config->instance_count);
    *ret_count = survey->instances[instance].channel_count;
    return survey->instances[instance].channels;
}

const ChannelRow *survey_find_row(const Survey *survey, size_t instance, size_t number)
{
    const SurveyInstance *one = &survey->instances[instance];

    return one->is_listed && number < one->row_count ? one->rows[number] : NULL;
}

bool survey_covers(const Survey *survey, size_t instance)
{
    return survey->instances[instance].is_covered;
}

const Err *survey_find_error(const Survey *survey, size_t instance)
{
    const Err *err = &survey->instances[instance].error;

    return err_is_set(err) ? err : NULL;
}

const char *survey_find_unknown(const Survey *survey)
{
    for (size_t i = 0; i < survey->name_count; i++) {
        if (!survey->fits[i])
            return survey->names[i];
    }
    return NULL;
}

void survey_count(const Survey *survey, size_t *ret_channels, size_t *ret_read,
                  const char **ret_instance_name)
{
    *ret_channels = *ret_read = 0;
    *ret_instance_name = NULL;
    for (size_t i = 0; i < survey->config->instance_count; i++) {
        const SurveyInstance *instance = &survey->instances[i];
        bool is_open = instance->is_covered && !instance->is_listed;

        *ret_channels += instance->channel_count;
        for (size_t k = 0; k < instance->channel_count; k++) {
            *ret_read += instance->channels[k].is_done;
            is_open = is_open || !instance->channels[k].is_done;
        }
        if (is_open && !*ret_instance_name)
            *ret_instance_name = survey->config->instances[i].name;
    }
}
