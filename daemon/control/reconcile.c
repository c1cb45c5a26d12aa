/* Waiting for passes: see reconcile.h. */
#include "daemon/control/reconcile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control/asked.h"
#include "daemon/control/find.h"
#include "daemon/json/json.h"
#include "daemon/report_json.h"

static void reconcile_drop(Control *control, size_t number)
{
    Waiter *waiter = &control->waiters[number];

    free(waiter->channel);
    free(waiter->wanted);
    *waiter = control->waiters[--control->waiter_count];
}

static void reconcile_log(const Control *control, const Waiter *waiter)
{
    Found found;
    bool is_one =
        waiter->channel && find_channel(control->tenure, waiter->channel, &found, NULL) == 0;

    asked_log(waiter->call, &(Asked){.action = "reconcile", .found = is_one ? &found : NULL},
              "a pass asked for");
}

/* Asks the beats that the waiter needs for a pass. */
static int reconcile_ask(Control *control, Waiter *waiter, Err *err)
{
    const Tenure *tenure = control->tenure;
    uint64_t *wanted = calloc(tenure->beat_count ? tenure->beat_count : 1, sizeof(*wanted));
    Found found = {0};
    int r = 0;

    if (!wanted)
        return err_memory(err);
    if (waiter->channel)
        r = find_channel(tenure, waiter->channel, &found, err);
    for (size_t i = 0; i < tenure->beat_count && r == 0; i++) {
        Beat *beat = &tenure->beats[i];

        if (beat->channel_count > 0 && (!found.beat || found.beat == beat))
            wanted[i] = beat_ask(beat);
    }
    free(waiter->wanted);
    waiter->wanted = wanted;
    return r;
}

static bool reconcile_is_over(const Tenure *tenure, const Waiter *waiter)
{
    for (size_t i = 0; i < tenure->beat_count; i++) {
        if (tenure->beats[i].done_count < waiter->wanted[i])
            return false;
    }
    return true;
}

/* One report out of those of the instances; its channels are borrowed from them. */
static int reconcile_merge(const Tenure *tenure, const Waiter *waiter, Report *ret_report)
{
    size_t room = tenure->config->channel_count;
    Found found = {0};

    *ret_report = (Report){.dry_run = tenure->door.dry_run, .pass_id = ""};
    ret_report->channels = calloc(room ? room : 1, sizeof(*ret_report->channels));
    if (!ret_report->channels)
        return -ENOMEM;
    if (waiter->channel && find_channel(tenure, waiter->channel, &found, NULL) < 0)
        return -ENOENT;
    for (size_t i = 0; i < tenure->config->channel_count; i++) {
        Found other;

        find_by_index(tenure, i, &other);
        if (!other.report || (found.channel && found.channel != other.channel))
            continue;
        ret_report->channels[ret_report->channel_count++] = *other.report;
        if (strcmp(other.beat->last_pass, ret_report->pass_id) > 0)
            ret_report->pass_id = other.beat->last_pass;
    }
    return 0;
}

static void reconcile_answer(Control *control, const Waiter *waiter)
{
    Report report = {0};
    Buf buf = {0};
    int r = reconcile_merge(control->tenure, waiter, &report);

    if (r == 0)
        report_json_append(&report, &buf);
    free(report.channels);
    if (r == -ENOENT)
        control_refuse(waiter->call, 404, "the channel has left the rosters meanwhile");
    else
        control_answer(waiter->call, &buf);
}

void reconcile_look(Control *control)
{
    for (size_t i = control->waiter_count; i > 0; i--) {
        if (!reconcile_is_over(control->tenure, &control->waiters[i - 1]))
            continue;
        reconcile_answer(control, &control->waiters[i - 1]);
        reconcile_drop(control, i - 1);
    }
}

int reconcile_begin(Control *control, ServerCall *call, json_object *root, Err *err)
{
    static const char *const keys[] = {"channel", NULL};
    const char *channel;
    Waiter waiter = {.call = call};
    int r = json_check_keys(root, keys, err);

    if (r == 0)
        r = json_get_text(root, "channel", false, &channel, err);
    if (r < 0)
        return r;
    if (mem_grow(&control->waiters, &control->waiter_capacity, control->waiter_count + 1,
                 sizeof(*control->waiters)) < 0)
        return err_memory(err);
    waiter.channel = channel ? strdup(channel) : NULL;
    if (channel && !waiter.channel)
        return err_memory(err);
    r = reconcile_ask(control, &waiter, err);
    if (r < 0) {
        free(waiter.channel);
        free(waiter.wanted);
        return r;
    }
    control->waiters[control->waiter_count++] = waiter;
    reconcile_log(control, &waiter);
    reconcile_look(control);
    return 0;
}

void reconcile_ask_again(Control *control)
{
    for (size_t i = control->waiter_count; i > 0; i--) {
        Waiter *waiter = &control->waiters[i - 1];
        Err err = {0};
        int r = reconcile_ask(control, waiter, &err);

        if (r == 0)
            continue;
        control_refuse(waiter->call, control_status(r), err.text);
        reconcile_drop(control, i - 1);
    }
}

void reconcile_end_all(Control *control)
{
    while (control->waiter_count > 0) {
        control_refuse(control->waiters[control->waiter_count - 1].call, 503, "rosterd is ending");
        reconcile_drop(control, control->waiter_count - 1);
    }
}
