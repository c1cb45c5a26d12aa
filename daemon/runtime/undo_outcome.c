/* SPDX-License-Identifier: MIT */
/* What came of an undo. */
#include <assert.h>

#include "daemon/runtime/undo_internal.h"

static const Report *undo_find_report(const Undo *undo)
{
    return undo->run ? pass_run_get_report(undo->run) : &undo->report;
}

int undo_leave(Undo *undo)
{
    assert(undo->run);
    pass_run_take_report(undo->run, &undo->report);
    undo->report.pass_id = ""; /* it was the run's */
    pass_run_free(TAKE_PTR(undo->run));
    for (size_t i = 0; i < undo->report.channel_count; i++) {
        ChannelReport *report = &undo->report.channels[i];

        report->instance_name = arena_string(&report->arena, report->instance_name);
        if (!report->instance_name)
            return -ENOMEM;
    }
    return 0;
}

bool undo_has_failed(const Undo *undo)
{
    const Report *report = undo_find_report(undo);

    if (err_is_set(&undo->state_err))
        return true;
    for (size_t i = 0; i < report->channel_count; i++) {
        if (report->channels[i].result == RESULT_FAILED ||
            report->channels[i].result == RESULT_UNMANAGEABLE || report->channels[i].error)
            return true;
    }
    return false;
}

bool undo_is_held(const Undo *undo)
{
    const Report *report = undo_find_report(undo);

    for (size_t i = 0; i < report->channel_count; i++) {
        if (report->channels[i].guard_count > 0)
            return true;
    }
    return false;
}

const char *undo_find_state_error(const Undo *undo)
{
    return err_is_set(&undo->state_err) ? undo->state_err.text : NULL;
}

void undo_get_channel(const Undo *undo, size_t number, UndoChannel *ret_channel)
{
    const ChannelReport *report;

    assert(number < undo->config.channel_count);
    report = &undo_find_report(undo)->channels[number];
    *ret_channel = (UndoChannel){
        .report = report,
        .name = report->name ? report->name : undo->names[number],
        .undo = &undo->undos[number],
    };
}

size_t undo_count_channels(const Undo *undo)
{
    return undo_find_report(undo)->channel_count;
}
