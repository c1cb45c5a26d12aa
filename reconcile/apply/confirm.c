/* SPDX-License-Identifier: MIT */
#include "reconcile/apply/confirm.h"

#include <assert.h>
#include <errno.h>

#include "reconcile/apply/apply.h"
#include "reconcile/apply/enable.h"
#include "reconcile/apply/exchange.h"
#include "reconcile/apply/kinds.h"
#include "reconcile/apply/sent.h"
#include "reconcile/apply/undo.h"

/* How often the list is read again for changes of which no answer came: fewer times than for
 * others, because most of them were not made. */
#define UNHEARD_LOOKS 2

static bool confirm_may_be_late(const ChannelPass *channel, size_t number)
{
    const Sent *sent = &channel->sent[number];

    return sent->was_uncertain || (sent->was_unheard && channel->looks < UNHEARD_LOOKS);
}

/* Whether the member that was to be switched is not there any more. */
static bool confirm_is_gone(const ChannelPass *channel, size_t number)
{
    const Change *change = &channel->changes[number];

    return kinds_row(change->kind)->is_switch &&
           !diff_has_id(&channel->confirmed, change->member_id);
}

/* The id of a member that was to be switched, where the list shows it so. */
static const char *confirm_find_switched(const ChannelPass *channel, const Change *change)
{
    DiffLook wanted = change->kind == CHANGE_ENABLE ? DIFF_ENABLED : DIFF_DISABLED;

    return diff_look(&channel->confirmed, change->member_id) == wanted ? change->member_id : NULL;
}

const char *confirm_find_made(const ChannelPass *channel, size_t number)
{
    size_t wanted = channel->sent[number].wanted;

    if (kinds_row(channel->changes[number].kind)->is_switch)
        return confirm_find_switched(channel, &channel->changes[number]);
    if (channel->undo)
        return undo_find_made(channel, number);
    assert(wanted < channel->roster->member_count);
    if (channel->changes[number].kind == CHANGE_CORRECT &&
        diff_is_changed(&channel->confirmed, wanted))
        return NULL;
    return channel->confirmed.seen[wanted];
}

/* Whether the list shows the change. */
static bool confirm_shows(const ChannelPass *channel, size_t number)
{
    const Change *change = &channel->changes[number];

    if (change->kind == CHANGE_DELETE)
        return !diff_has_id(&channel->confirmed, change->member_id);
    return confirm_find_made(channel, number) != NULL || confirm_is_gone(channel, number);
}

/* Of one that was tried, and has not its outcome by a list already. */
static bool confirm_has_succeeded(Outcome outcome)
{
    return outcome != OUTCOME_FAILED && outcome != OUTCOME_SKIPPED;
}

/* The first change that the list does not show although it succeeded, or may have: no answer
 * denied it. What was posted and has its outcome was shown before. change_count: there is none. */
static size_t confirm_find_late(const ChannelPass *channel)
{
    for (size_t i = 0; i < channel->change_count; i++) {
        Outcome outcome = *sent_outcome(channel, i);
        bool is_told = channel->changes[i].kind != CHANGE_DELETE && channel->sent[i].is_decided;

        if (is_told || !channel->sent[i].was_tried)
            continue;
        if ((confirm_has_succeeded(outcome) ||
             (outcome == OUTCOME_FAILED && confirm_may_be_late(channel, i))) &&
            !confirm_shows(channel, i))
            return i;
    }
    return channel->change_count;
}

/* A deletion that failed by its answers but whose member is gone has succeeded: ours, where it may
 * have had its effect, and no list before has shown that it had none; else somebody else's. */
static int confirm_settle_deletion(ChannelPass *channel, size_t number, Err *err)
{
    const Sent *sent = &channel->sent[number];
    Outcome *outcome = sent_outcome(channel, number);

    if (*outcome != OUTCOME_FAILED)
        return 0;
    assert(sent->is_decided || sent->may_have_worked);
    if (confirm_shows(channel, number)) {
        *outcome = sent->may_have_worked && !sent->is_decided ? OUTCOME_DELETED : OUTCOME_GONE;
        sent_tell(channel, number, NULL);
    } else if (sent->is_decided) {
        return 0;
    } else if (sent->was_uncertain) {
        sent_tell(channel, number, report_error(channel->report));
    }
    return sent_decide(channel, number, *outcome, err);
}

static void confirm_explain_missing(const ChannelPass *channel, size_t number, Err *ret_err)
{
    char member[IDENTITY_TEXT_SIZE];

    sent_print_member(channel, number, member, sizeof(member));
    err_set(ret_err, -EREMOTEIO,
            channel->changes[number].kind == CHANGE_ADD
                ? "the service says that it added the member %s, but does not list it after %u "
                  "more looks"
                : "the service says that it changed the member %s, but does not list it so after "
                  "%u more looks",
            member, channel->looks);
}

/* The weight that the list shows of a member that was added: the roster may not state it. */
static int32_t confirm_find_weight(const ChannelPass *channel, size_t number)
{
    const Change *change = &channel->changes[number];
    const MemberFields *fields =
        change->kind == CHANGE_ADD
            ? diff_find_fields(&channel->confirmed, change->identity, change->identity_size)
            : NULL;

    return fields ? fields->weight : OPS_WEIGHT_NONE;
}

/* Somebody deletes members as we switch them. What is changed in a report has no word for that. */
static int confirm_settle_gone(ChannelPass *channel, size_t number, Err *err)
{
    const Sent *sent = &channel->sent[number];
    Outcome *outcome = sent_outcome(channel, number);

    if (sent->is_decided && *outcome != OUTCOME_FAILED)
        return 0;
    *outcome = channel->changes[number].kind == CHANGE_ENABLE && !channel->undo ? OUTCOME_SKIPPED
                                                                                : OUTCOME_GONE;
    return sent_decide(channel, number, OUTCOME_GONE, err);
}

static void confirm_note_quarantined(const ChannelPass *channel, size_t number)
{
    if (channel->changes[number].kind == CHANGE_DISABLE)
        channel->report->extras[channel->sent[number].row].until_usec =
            channel->ops->realtime_usec(channel->context) + channel->roster->quarantine_usec;
}

/* The list does not show it. A failure by its answers was told when they came. */
static int confirm_settle_unmade(ChannelPass *channel, size_t number, Err *err)
{
    const Sent *sent = &channel->sent[number];
    Outcome *outcome = sent_outcome(channel, number);
    bool was_told = *outcome == OUTCOME_FAILED && !sent->was_uncertain && !sent->is_refused;
    Err why = {0};

    if (confirm_has_succeeded(*outcome)) {
        confirm_explain_missing(channel, number, &why);
        apply_keep_error(channel, &why);
    }
    *outcome = OUTCOME_FAILED;
    if (!was_told)
        sent_tell(channel, number, err_is_set(&why) ? &why : report_error(channel->report));
    return sent_decide(channel, number, OUTCOME_FAILED, err);
}

/* What was posted or switched is what the list says it is. One that was refused and is there all
 * the same is somebody else's work. */
static int confirm_settle_posted(ChannelPass *channel, size_t number, Err *err)
{
    Sent *sent = &channel->sent[number];
    Outcome *outcome = sent_outcome(channel, number);
    const char *id = confirm_find_made(channel, number);

    if (confirm_is_gone(channel, number))
        return confirm_settle_gone(channel, number, err);
    if (sent->is_decided && (*outcome != OUTCOME_FAILED || !id))
        return 0;
    if (sent->is_decided) {
        *outcome = channel->undo ? OUTCOME_LIVE : OUTCOME_SKIPPED;
        return 0;
    }
    if (id && sent->is_refused && !sent->may_have_worked) {
        *outcome = OUTCOME_SKIPPED;
        return sent_decide(channel, number, OUTCOME_SKIPPED, err);
    }
    if (id) {
        *outcome = kinds_row(channel->changes[number].kind)->success;
        confirm_note_quarantined(channel, number);
        sent->listed_id = arena_string(&channel->report->arena, id);
        sent->listed_weight = confirm_find_weight(channel, number);
        sent_tell(channel, number, NULL);
        return sent_decide(channel, number, *outcome, err);
    }
    return confirm_settle_unmade(channel, number, err);
}

/* Whether the list makes no difference to a change: it was not sent, or is sent again. */
static bool confirm_passes_over(const ChannelPass *channel, size_t number, bool goes_on)
{
    const Sent *sent = &channel->sent[number];

    return !sent->was_tried || *sent_outcome(channel, number) == OUTCOME_SKIPPED ||
           (goes_on && sent->is_refused && !sent->is_decided && !confirm_shows(channel, number));
}

/* Whether something that failed by its answers is not there by the list either. */
static bool confirm_has_failed(const ChannelPass *channel)
{
    for (size_t i = 0; i < channel->change_count; i++) {
        if (channel->sent[i].was_tried && *sent_outcome(channel, i) == OUTCOME_FAILED &&
            !confirm_shows(channel, i))
            return true;
    }
    return false;
}

static bool confirm_has_skipped(const ChannelPass *channel)
{
    for (size_t i = 0; i < channel->change_count; i++) {
        if (*sent_outcome(channel, i) == OUTCOME_SKIPPED)
            return true;
    }
    return false;
}

/* Whether one that was skipped is left to do: an extra that is not away yet. */
static bool confirm_is_left(const ChannelPass *channel, size_t number)
{
    ChangeKind kind = channel->changes[number].kind;

    return !channel->is_paused &&
           (kind == CHANGE_DELETE || (kind == CHANGE_DISABLE && !confirm_shows(channel, number)));
}

/* Returns how many changes are left that should not be, or the state's error. */
static int confirm_settle(ChannelPass *channel, bool goes_on, Err *err)
{
    int left = 0;

    /* Else the error is of what has worked after all, and what is wrong has none yet. */
    if (!confirm_has_failed(channel) && !confirm_has_skipped(channel))
        report_set_error(channel->report, NULL);
    for (size_t i = 0; i < channel->change_count; i++) {
        bool is_deletion = channel->changes[i].kind == CHANGE_DELETE;
        int r = confirm_passes_over(channel, i, goes_on) ? 0
                : is_deletion                            ? confirm_settle_deletion(channel, i, err)
                                                         : confirm_settle_posted(channel, i, err);
        Outcome outcome = *sent_outcome(channel, i);

        if (r < 0)
            return r;
        left += outcome == OUTCOME_FAILED ||
                (outcome == OUTCOME_SKIPPED && confirm_is_left(channel, i));
    }
    return left;
}

/* Whether all extras of the list that was read last are in quarantine. */
static bool confirm_are_quarantined(const ChannelPass *channel)
{
    const Diff *confirmed = &channel->confirmed;

    for (size_t i = 0; i < confirmed->extra_count; i++) {
        const Extra *extra = &confirmed->extras[i];
        size_t number = plan_find_extra(&channel->plan, extra);

        if (extra->fields.is_enabled || number == SIZE_MAX ||
            channel->report->extras[number].outcome != OUTCOME_QUARANTINED)
            return false;
    }
    return true;
}

/* The result of a channel that nothing failed in. */
static Result confirm_result(const ChannelPass *channel)
{
    if (channel->undo)
        return undo_result(channel);
    if (channel->report->missing_count > 0 || channel->confirmed.changed_count > 0 ||
        !confirm_are_quarantined(channel))
        return RESULT_DRIFT;
    return channel->confirmed.extra_count == 0 ? RESULT_CONVERGED : RESULT_QUARANTINED;
}

static void confirm_explain_listed(const ChannelPass *channel, size_t number, Err *ret_err)
{
    char member[IDENTITY_TEXT_SIZE];

    sent_print_member(channel, number, member, sizeof(member));
    err_set(ret_err, -EREMOTEIO,
            "the service says that it deleted the member %s (%s), but still lists it after %u more "
            "looks",
            channel->undo ? member : channel->plan.extras[channel->sent[number].row].address,
            channel->changes[number].member_id, channel->looks);
}

/* What the lease withheld of such a channel was another try of what has worked by the list: nothing
 * is held. */
static void confirm_end_well(ChannelPass *channel)
{
    Result result = confirm_result(channel);

    if (result != RESULT_HELD)
        channel->report->guard_count = 0;
    channel_end(channel, result, NULL);
}

/* With none of the planned changes left, whatever is missing or extra now is new. */
static void confirm_end(ChannelPass *channel, int left, size_t late, Err *err)
{
    ChannelReport *report = channel->report;

    if (left == 0)
        report_set_error(report, NULL);
    if (left == 0 && late < channel->change_count)
        confirm_explain_listed(channel, late, err);
    if (left != 0 || late < channel->change_count)
        channel_end(channel, RESULT_FAILED, err);
    else if (channel->is_paused && (channel->is_enabling || confirm_has_skipped(channel)))
        channel_end(channel, channel_paused_result(channel), NULL);
    else
        confirm_end_well(channel);
}

/* ---- the list ---- */

static void confirm_conclude(ChannelPass *channel, size_t late)
{
    bool is_deletion_late = late >= channel->first_deletion && late < channel->change_count;
    bool goes_on = !channel->is_made && apply_has_deletion_left(channel) && !is_deletion_late &&
                   !channel->is_paused;
    Err err = {0};
    int left = confirm_settle(channel, goes_on, &err);

    if (left >= 0 && goes_on) {
        confirm_go_on(channel);
        return;
    }
    if (left == 0 && channel->is_enabling && !channel->is_paused &&
        channel->next == channel->change_count) {
        enable_go_on(channel);
        return;
    }
    if (left >= 0 && apply_skip_rest(channel, &err) < 0)
        left = -EIO;
    if (left >= 0 && report_set_missing(channel->report, &channel->confirmed) < 0)
        left = err_memory(&err);
    confirm_end(channel, left, late, &err);
}

static void confirm_on_list(ChannelPass *channel)
{
    size_t late = confirm_find_late(channel);

    if (late == channel->change_count ||
        !channel_look_again(channel, &channel->confirmed, &channel->looks, confirm_on_list))
        confirm_conclude(channel, late);
}

int confirm_prepare(ChannelPass *channel)
{
    Diff *confirmed = &channel->confirmed;

    if (confirmed->seen) {
        diff_reset(confirmed);
        return 0;
    }
    if (diff_init(confirmed, &channel->desired, channel->row->id, channel->report->is_ecs) < 0)
        return -ENOMEM;
    confirmed->finds_extras = channel->undo != NULL;
    return 0;
}

void confirm_start(ChannelPass *channel)
{
    Err err = {0};

    assert(!channel->is_done && channel->sent && channel->changes);
    assert(channel->next <= channel->change_count);
    if (confirm_prepare(channel) < 0) {
        err_memory(&err);
        apply_skip_rest(channel, NULL);
        channel_end(channel, RESULT_FAILED, &err);
        return;
    }
    channel_read(channel, &channel->confirmed, 0, confirm_on_list);
}
