/* SPDX-License-Identifier: MIT */
/* How far a run is, for people who wait for it and for the watchdog. */
#include "daemon/runtime/pass_run_internal.h"

#include <stdio.h>

#include "daemon/base/clock.h"

void pass_run_note_wait(PassRun *run, const Event *event)
{
    const char *channel = event->channel_name[0] ? event->channel_name : event->channel_id;
    char why[128];

    run->wait_usec = clock_monotonic_usec() + event->wait_usec;
    if (event->err && event->err->http)
        snprintf(why, sizeof(why), "answered %d %s", event->err->http, event->err->code);
    else
        snprintf(why, sizeof(why), "%.100s", event->err ? event->err->text : "");
    snprintf(run->wait_text, sizeof(run->wait_text), "%.80s%s%.80s: %s", event->instance_name,
             channel[0] ? "/" : "", channel, why);
}

static size_t pass_run_count_changed(const ChannelReport *channel)
{
    size_t count = 0;

    for (size_t i = 0; i < channel->extra_count; i++)
        count +=
            channel->extras[i].outcome == OUTCOME_DELETED ||
            channel->extras[i].outcome == OUTCOME_GONE ||
            (channel->extras[i].outcome == OUTCOME_QUARANTINED && channel->extras[i].attempts > 0);
    for (size_t i = 0; i < channel->added_count; i++)
        count += channel->added[i].outcome == OUTCOME_ADDED;
    for (size_t i = 0; i < channel->changed_count; i++)
        count += channel->changed[i].outcome == OUTCOME_CORRECTED;
    for (size_t i = 0; i < channel->enabled_count; i++)
        count += channel->enabled[i].outcome == OUTCOME_CORRECTED;
    return count;
}

static void pass_run_count(const Report *report, PassRunState *state)
{
    state->channel_count = report->channel_count;
    for (size_t i = 0; i < report->channel_count; i++) {
        const ChannelReport *channel = &report->channels[i];
        bool is_read = channel->has_list || channel->error;

        state->read_count += is_read;
        state->changed_count += pass_run_count_changed(channel);
        if (!is_read && !state->instance_name)
            state->instance_name = channel->instance_name;
    }
}

void pass_run_get_state(const PassRun *run, uint64_t now_usec, PassRunState *ret_state)
{
    uint64_t moved_usec = run->progress.moved_usec;
    PassRunState state = {0};

    if (run->survey)
        survey_count(run->survey, &state.channel_count, &state.read_count, &state.instance_name);
    else
        pass_run_count(pass_run_get_report(run), &state);
    if (run->wait_usec > now_usec) {
        state.wait_text = run->wait_text;
        state.wait_usec = run->wait_usec - now_usec;
    }
    state.silent_usec = now_usec > moved_usec ? now_usec - moved_usec : 0;
    *ret_state = state;
}

bool pass_run_is_stuck(const PassRun *run, uint64_t now_usec)
{
    return progress_is_stuck(&run->progress, run->backend->config->limits.timeout_usec,
                             backend_renewal_due_usec(run->backend, &run->user), now_usec);
}

bool pass_run_is_changing(const PassRun *run)
{
    return progress_is_changing(&run->progress);
}
