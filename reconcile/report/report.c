/* SPDX-License-Identifier: MIT */
#include "reconcile/report/report.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/plan/identity.h"

void report_channel_done(ChannelReport *report)
{
    arena_done(&report->arena);
    free(report->guards);
}

void report_done(Report *report)
{
    for (size_t i = 0; i < report->channel_count; i++)
        report_channel_done(&report->channels[i]);
    free(report->channels);
    free(report->instances);
    *report = (Report){0};
}

const Err *report_error(const ChannelReport *report)
{
    static const Err none;

    return report->error ? report->error : &none;
}

void report_set_error(ChannelReport *report, const Err *err)
{
    static const Err no_memory = {.text = "out of memory"};
    Err *copy;

    if (!err || !err_is_set(err)) {
        report->error = NULL;
        return;
    }
    copy = arena_alloc(&report->arena, sizeof(*copy));
    if (copy)
        *copy = *err;
    report->error = copy ? copy : &no_memory;
}

int report_set_identity(ChannelReport *report, const char *id, const char *name)
{
    const char *id_copy, *name_copy;

    assert(id && name);
    id_copy = arena_string(&report->arena, id);
    name_copy = arena_string(&report->arena, name);
    if (!id_copy || !name_copy)
        return -ENOMEM;
    report->id = id_copy;
    report->name = name_copy;
    return 0;
}

/* Room for so many rows, for none NULL: most channels are in sync. 0 or -ENOMEM. */
static int report_make_rows(ChannelReport *report, size_t count, size_t row_size, void *ret_rows)
{
    void *rows = count > 0 ? arena_alloc(&report->arena, count * row_size) : NULL;

    if (!rows && count > 0)
        return -ENOMEM;
    memcpy(ret_rows, &rows, sizeof(rows));
    return 0;
}

int report_set_extras(ChannelReport *report, const Extra *extras, size_t count)
{
    ExtraReport *copies;

    assert(extras || count == 0);
    if (report_make_rows(report, count, sizeof(*copies), &copies) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        copies[i] = (ExtraReport){
            .id = arena_string(&report->arena, extras[i].id),
            .group = arena_string(&report->arena, extras[i].group),
            .address = arena_string(&report->arena, extras[i].address),
            .port = extras[i].port,
            .outcome = extras[i].fate == EXTRA_WAITS ? OUTCOME_QUARANTINED : OUTCOME_PLANNED,
            .until_usec = extras[i].until_usec,
            .enters = extras[i].fate == EXTRA_ENTERS,
        };
        if (!copies[i].id || !copies[i].group || !copies[i].address)
            return -ENOMEM;
    }
    report->extras = copies;
    report->extra_count = count;
    return 0;
}

int report_set_changed(ChannelReport *report, const Desired *desired, const Changed *changed,
                       size_t count)
{
    Mode mode = desired->channel->mode;
    bool is_planned = mode == MODE_OBSERVE || mode_may(mode, MODE_ADDS);
    ChangedReport *rows;

    if (report_make_rows(report, count, sizeof(*rows), &rows) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const RosterMember *member = &desired->channel->members[changed[i].desired];

        rows[i] = (ChangedReport){
            .id = arena_string(&report->arena, changed[i].id),
            .member = member,
            .port = desired_port(desired, member),
            .states = changed[i].states,
            .live = changed[i].live,
            .outcome = is_planned ? OUTCOME_PLANNED : OUTCOME_SKIPPED,
        };
        if (!rows[i].id)
            return -ENOMEM;
    }
    report->changed = rows;
    report->changed_count = count;
    return 0;
}

/* The roster's member is made up: it may want another one, or none. */
static int report_make_enabled(ChannelReport *report, const Kept *kept, ChangedReport *ret_row)
{
    RosterMember *member = arena_alloc(&report->arena, sizeof(*member));

    if (!member)
        return -ENOMEM;
    *member = (RosterMember){.states = ROSTER_MEMBER_ENABLED, .enabled = true};
    if (config_member_set_texts(member, &report->arena, kept->address, kept->group, NULL) < 0)
        return -ENOMEM;
    *ret_row = (ChangedReport){
        .id = arena_string(&report->arena, kept->id),
        .member = member,
        .port = kept->port,
        .states = ROSTER_MEMBER_ENABLED,
        .live = {.weight = OPS_WEIGHT_NONE},
        .outcome = OUTCOME_PLANNED,
    };
    return ret_row->id ? 0 : -ENOMEM;
}

int report_add_enabled(ChannelReport *report, const Kept *const *kept, size_t count)
{
    size_t before = report->enabled_count;
    ChangedReport *rows;

    if (count == 0)
        return 0;
    rows = arena_alloc(&report->arena, (before + count) * sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    if (before > 0)
        memcpy(rows, report->enabled, before * sizeof(*rows));
    for (size_t i = 0; i < count; i++) {
        if (report_make_enabled(report, kept[i], &rows[before + i]) < 0)
            return -ENOMEM;
    }
    report->enabled = rows;
    report->enabled_count = before + count;
    return 0;
}

static int report_by_address(const void *left, const void *right)
{
    const MissingReport *a = left, *b = right;

    return identity_order_parts(a->group, a->address, a->port, b->group, b->address, b->port);
}

int report_set_added(ChannelReport *report, const Diff *diff, size_t count)
{
    const RosterChannel *channel = diff->desired->channel;
    AddedReport *rows;

    if (report_make_rows(report, count, sizeof(*rows), &rows) < 0)
        return -ENOMEM;
    report->added = rows;
    report->added_count = 0;
    for (size_t i = 0; i < channel->member_count && report->added_count < count; i++) {
        const RosterMember *member = &channel->members[i];

        if (!diff->seen[i])
            rows[report->added_count++] = (AddedReport){.group = config_member_group(member),
                                                        .address = member->address,
                                                        .port = desired_port(diff->desired, member),
                                                        .outcome = OUTCOME_PLANNED};
    }
    assert(report->added_count == count);
    return 0;
}

int report_set_missing(ChannelReport *report, const Diff *diff)
{
    const RosterChannel *channel = diff->desired->channel;
    MissingReport *rows;
    size_t count = 0;

    assert(diff->seen);
    for (size_t i = 0; i < channel->member_count; i++)
        count += !diff->seen[i];
    if (report_make_rows(report, count, sizeof(*rows), &rows) < 0)
        return -ENOMEM;
    report->missing = rows;
    report->missing_count = count;
    for (size_t i = 0; i < channel->member_count; i++) {
        const RosterMember *member = &channel->members[i];

        if (!diff->seen[i])
            *rows++ = (MissingReport){config_member_group(member), member->address,
                                      desired_port(diff->desired, member)};
    }
    if (count > 0)
        qsort(report->missing, count, sizeof(*report->missing), report_by_address);
    return 0;
}

int report_set_pause(ChannelReport *report, const char *reason, uint64_t end_usec, PauseScope scope)
{
    assert(reason);
    report->pause_reason = arena_string(&report->arena, reason);
    report->pause_end_usec = end_usec;
    report->pause_scope = scope;
    return report->pause_reason ? 0 : -ENOMEM;
}

void report_clear_pause(ChannelReport *report)
{
    report->pause_reason = NULL;
    report->pause_end_usec = 0;
}

Result report_worse(Result worst, Result result)
{
    if (result == RESULT_UNMANAGEABLE)
        result = RESULT_FAILED;
    return result > worst ? result : worst;
}

Result report_result(const Report *report)
{
    Result worst = RESULT_IN_SYNC;

    for (size_t i = 0; i < report->channel_count; i++)
        worst = report_worse(worst, report->channels[i].result);
    return worst;
}

Result report_instance_result(const Report *report, const InstanceReport *instance)
{
    Result worst = RESULT_IN_SYNC;

    for (size_t i = 0; i < report->channel_count; i++) {
        if (str_equal(report->channels[i].instance_name, instance->name))
            worst = report_worse(worst, report->channels[i].result);
    }
    return worst;
}

bool report_is_held_by_pass(const ChannelReport *channel, const InstanceReport *instance)
{
    assert(channel->guard_count <= GUARD_COUNT);
    return channel->result == RESULT_HELD && channel->guard_count > 0 &&
           guards_row(channel->guards[0].name)->scope == GUARD_OF_PASS &&
           str_equal(channel->instance_name, instance->name);
}

int report_exit_status_of(Result result)
{
    static const int statuses[] = {
        [RESULT_IN_SYNC] = 0,      [RESULT_CONVERGED] = 0, [RESULT_PAUSED] = 2,
        [RESULT_QUARANTINED] = 2,  [RESULT_DRIFT] = 2,     [RESULT_HELD] = 3,
        [RESULT_UNMANAGEABLE] = 1, [RESULT_FAILED] = 1,
    };

    assert((size_t)result < ELEMENTS(statuses));
    return statuses[result];
}

bool report_could_read(const Report *report)
{
    for (size_t i = 0; i < report->channel_count; i++) {
        if (report->channels[i].has_list || report->channels[i].result == RESULT_UNMANAGEABLE)
            return true;
    }
    return false;
}

int report_exit_status(const Report *report)
{
    return report_exit_status_of(report_result(report));
}

const char *report_result_text(Result result)
{
    static const char *const texts[] = {
        [RESULT_IN_SYNC] = "in_sync",
        [RESULT_CONVERGED] = "converged",
        [RESULT_PAUSED] = "paused",
        [RESULT_QUARANTINED] = "quarantined",
        [RESULT_DRIFT] = "drift",
        [RESULT_HELD] = "held",
        [RESULT_UNMANAGEABLE] = "unmanageable",
        [RESULT_FAILED] = "failed",
    };

    assert((size_t)result < ELEMENTS(texts));
    return texts[result];
}

Result report_result_of(const char *word)
{
    for (Result result = RESULT_IN_SYNC; result < RESULT_FAILED; result++) {
        if (str_equal(word, report_result_text(result)))
            return result;
    }
    return RESULT_FAILED;
}
