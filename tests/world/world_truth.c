/* SPDX-License-Identifier: MIT */
/* The rest of what must hold (world_rules.c): answers and waits, what is recorded, what a finished
 * pass says. */
#include <string.h>

#include "daemon/base/str.h"
#include "tests/world/chosen.h"
#include "tests/world/judge.h"
#include "tests/world/judge_changed.h"
#include "tests/world/judge_exchange.h"
#include "tests/world/judge_fleet.h"
#include "tests/world/judge_pass.h"
#include "tests/world/judge_undo.h"
#include "tests/world/quarantine.h"
#include "tests/world/world.h"

/* ---- answers and the waits after them ---- */

static bool truth_is_ambiguous(const Answer *answer)
{
    return answer->kind == ANSWER_TIMEOUT || answer->kind == ANSWER_LOST ||
           answer->kind == ANSWER_ODD ||
           (answer->kind == ANSWER_HTTP &&
            (answer->http < 400 || answer->http >= 500 || answer->http == 408));
}

/* The channel itself is not to be had, or not for us. */
static bool truth_ends_channel(const Answer *answer)
{
    return answer->kind == ANSWER_HTTP &&
           (answer->http == 401 || answer->http == 403 ||
            (answer->http == 404 && !str_equal(answer->code, "APIG.3024")));
}

static void truth_on_deletion(World *world, const WorldEvent *event)
{
    WorldChannel *channel =
        world_find_channel(world, event->request.instance, event->request.channel_id);

    channel->mutations--;
    for (size_t i = world->pass_first_action; i < world->action_count; i++) {
        WorldAction *action = &world->actions[i];

        if (action->pass == world->pass_serial && action->channel == channel &&
            action->kind == CHANGE_DELETE &&
            str_equal(action->member->id, event->request.member_id)) {
            action->may_have_gone |= truth_is_ambiguous(&event->answer);
            action->ended_channel |= truth_ends_channel(&event->answer);
        }
    }
}

/* Whatever was not refused may have worked, until a list says more. */
static void truth_on_addition(World *world, const WorldEvent *event)
{
    const Answer *answer = &event->answer;
    bool may_have_worked =
        truth_is_ambiguous(answer) || (answer->kind == ANSWER_HTTP && answer->http < 400);

    world_find_channel(world, event->request.instance, event->request.channel_id)->mutations--;
    judge_exchange_hear(world, event);
    world->actions[event->request.action - 1].may_have_gone |= may_have_worked;
}

static void truth_on_list(World *world, const WorldEvent *event)
{
    const Request *request = &event->request;
    WorldChannel *channel = world_find_channel(world, request->instance, request->channel_id);
    bool is_twisted = event->has_fault && event->fault.twist; /* its rows may show another member */

    if (request->offset == 0)
        channel->list_serial++;
    channel->listed_realtime_usec = world->realtime_usec;
    channel->listed_usec = world->now_usec;
    for (size_t i = 0; i < event->members.row_count; i++) {
        WorldMember *member = world_find_member(world, event->members.rows[i].id);

        if (member && member->shown_in != channel->list_serial)
            member->shown = event->members.rows[i].fields;
        if (member && !is_twisted)
            world_rule_shown(world, member);
        if (member && !member->first_shown_usec)
            member->first_shown_usec = world->now_usec;
        if (member)
            member->shown_in = channel->list_serial;
    }
}

static WorldCall *truth_call(World *world, const void *tag)
{
    for (size_t i = 0; i < world->call_count; i++) {
        if (world->calls[i].tag == tag)
            return &world->calls[i];
    }
    world_broken(world, "an answer to a request that was not sent");
}

/* The least and the most that the policy lets a retry wait. */
static void truth_wait(const World *world, const WorldCall *call, const Answer *answer,
                       uint64_t *ret_least, uint64_t *ret_most)
{
    const Retry *policy = &world->config.retry;
    bool is_throttle = world_verdict(answer) == WORLD_THROTTLES;
    uint64_t delay = is_throttle ? policy->throttle_base_usec : policy->base_usec;
    uint64_t after = answer->has_retry_after ? answer->retry_after_usec : 0;

    for (uint32_t i = 0; i < call->retries && delay < policy->cap_usec; i++)
        delay *= 2;
    if (delay > policy->cap_usec)
        delay = policy->cap_usec;
    if (after > 5 * USEC_PER_MINUTE)
        after = 5 * USEC_PER_MINUTE;
    *ret_least = delay / 2 > after ? delay / 2 : after;
    *ret_most = delay > after ? delay : after;
}

/* What no other request to this instance could change (API.md section 3). */
static bool truth_ends_instance(const Answer *answer)
{
    static const char *const codes[] = {"APIG.1000", "APIG.1003", "APIG.1007", "APIG.1011",
                                        "APIG.0204", "APIG.0305", "APIC.7100"};

    for (size_t i = 0; i < ELEMENTS(codes) && answer->kind == ANSWER_HTTP; i++) {
        if (answer->http != 404 && str_equal(answer->code, codes[i]))
            return true;
    }
    return answer->kind == ANSWER_UNTRUSTED;
}

void world_rule_answer(World *world, const WorldEvent *event)
{
    WorldInstance *instance = &world->instances[event->request.instance];
    WorldCall *call = truth_call(world, event->request.tag);
    WorldVerdict verdict = world_verdict(&event->answer);
    uint64_t least, most;

    instance->in_flight--;
    instance->is_over = instance->is_over || truth_ends_instance(&event->answer);
    if (event->request.kind == REQUEST_DELETE_MEMBER)
        truth_on_deletion(world, event);
    else if (request_is_change(event->request.kind))
        truth_on_addition(world, event);
    else if (event->request.kind == REQUEST_LIST_MEMBERS && event->answer.members)
        truth_on_list(world, event);
    if (event->request.kind == REQUEST_LIST_MEMBERS)
        judge_pass_answer(world, event);
    truth_wait(world, call, &event->answer, &least, &most);
    call->state = CALL_FRESH;
    if (verdict == WORLD_RETRIES || verdict == WORLD_THROTTLES) {
        call->state = CALL_RETRIES;
        call->not_before_usec = world->now_usec + least;
    } else if (verdict == WORLD_REFUSES) {
        call->state = CALL_REFUSED;
    }
    if (verdict == WORLD_THROTTLES && call->not_before_usec > instance->held_until_usec)
        instance->held_until_usec = call->not_before_usec;
}

void world_rule_retry(World *world, const Event *event)
{
    const WorldEvent *delivered = world->delivering;
    uint64_t least, most;

    if (!delivered)
        return;
    truth_wait(world, truth_call(world, delivered->request.tag), &delivered->answer, &least, &most);
    if (event->wait_usec < least || event->wait_usec > most)
        world_broken(world, "a wait of %zu us is not within %zu and %zu", (size_t)event->wait_usec,
                     (size_t)least, (size_t)most);
}

/* ---- what is recorded ---- */

static void truth_of_addition(const World *world, const Batch *batch, const Change *change)
{
    if (!mode_may(batch->channel->mode, MODE_ADDS))
        world_broken(world, "an addition in the mode %s", mode_text(batch->channel->mode));
    if (!change->after || (change->kind == CHANGE_ADD) != !change->before ||
        (change->kind == CHANGE_ADD) == (change->member_id[0] != '\0'))
        world_broken(world, "an addition is recorded as a change of %s", change->member_id);
}

/* A plan with more changes than that is recorded in parts, each but the last of that size. */
#define TRUTH_PART 1000

/* Returns whether others of the plan were recorded before. */
static bool truth_count_part(const World *world, WorldChannel *channel, const Batch *batch,
                             size_t planned)
{
    bool goes_on = channel->part_of == channel->list_serial && channel->part_left > 0;
    size_t before = goes_on ? channel->part_count : 0, recorded = before + batch->change_count;

    if (recorded > planned || (recorded < planned && batch->change_count != TRUTH_PART))
        world_broken(world, "%zu changes after %zu of a plan of %zu", batch->change_count, before,
                     planned);
    channel->part_of = channel->list_serial;
    channel->part_count = recorded;
    channel->part_left = planned - recorded;
    channel->part_is_approved = batch->approved || (goes_on && channel->part_is_approved);
    return goes_on;
}

static void truth_of_plan(World *world, WorldChannel *channel, const Batch *batch)
{
    Judgement judgement = judge(world, channel, batch->channel);
    bool goes_on = truth_count_part(world, channel, batch,
                                    judgement.deletes + judgement.enters + judgement.adds +
                                        judgement.corrects - judgement.silent);
    Batch part = *batch;

    part.approved = channel->part_is_approved;
    judge_pass_record(world, channel, &part);
    if (world->dry_run || channel->is_paused || batch->channel->mode == MODE_OBSERVE ||
        (batch->channel->pause && batch->channel->pause->until_usec == 0))
        world_broken(world, "changes are recorded where none may be");
    for (GuardName name = 0; name < GUARD_COUNT && !part.approved && !goes_on; name++) {
        if (judgement.refuses[name])
            world_broken(world, "%s: a plan passes that %s should hold (%zu)", channel->row.id,
                         guard_name_text(name), (size_t)judgement.planned[name]);
    }
}

void world_rule_record(World *world, WorldChannel *channel, const Batch *batch)
{
    chosen_rule_record(world, batch);
    if (batch->changes[0].kind == CHANGE_ENABLE) {
        channel->part_left = 0;
        world_rule_enabled(world, channel, batch);
        return;
    }
    truth_of_plan(world, channel, batch);
    for (size_t i = 0; i < batch->change_count; i++) {
        const Change *deletion = &batch->changes[i];
        const WorldMember *member = world_find_member(world, deletion->member_id);

        if (deletion->kind == CHANGE_ADD || deletion->kind == CHANGE_CORRECT) {
            truth_of_addition(world, batch, deletion);
            continue;
        }
        if (!member || member->shown_in != channel->list_serial)
            world_broken(world, "%s was not listed", deletion->member_id);
        if (world_is_desired(channel, batch->channel, member) ||
            world_is_ignored(channel, batch->channel, member))
            world_broken(world, "%s is no extra", member->host);
        if (deletion->after || !strstr(deletion->before, member->id))
            world_broken(world, "%s is recorded as %s", member->id, deletion->before);
    }
}

/* ---- what a finished pass says ---- */

/* Of two members with one address an undo adds both, and the service has one. */
static bool truth_is_added_by_another(const World *world, const WorldAction *action)
{
    for (size_t i = world->pass_first_action; i < world->action_count; i++) {
        const WorldAction *other = &world->actions[i];

        if (other != action && other->pass == action->pass && other->channel == action->channel &&
            other->kind == CHANGE_ADD && other->is_decided && world_has_worked(other) &&
            judge_is_same(action->channel, other->member, action->member))
            return true;
    }
    return false;
}

/* An addition that failed is not there by our hand, unless lists lag; one that is said to have
 * worked was asked for. */
static void truth_of_added(const World *world, const WorldAction *action)
{
    for (size_t i = 0; i < action->channel->member_count; i++) {
        const WorldMember *member = action->channel->members[i];

        if (action->kind == CHANGE_ADD && action->is_decided && action->outcome == OUTCOME_FAILED &&
            member->exists &&
            (action->is_undo ? member->restored_in : member->added_in) == action->pass &&
            judge_is_same(action->channel, member, action->member) &&
            member->shown_in == action->channel->list_serial &&
            !truth_is_added_by_another(world, action))
            world_broken(world, "%s was added by us, the history says failed", action->after);
    }
    if (action->is_decided && world_has_worked(action) && !action->was_sent)
        world_broken(world, "%s was never sent, the history says added", action->after);
}

static void truth_of_action(const World *world, const WorldAction *action)
{
    if (world->decide_error || action->pass != world->pass_serial)
        return;
    if (!action->is_decided && !action->may_have_gone)
        world_broken(world, "%s is left undecided though its outcome is known", action->member->id);
    if (action->kind == CHANGE_DISABLE || action->kind == CHANGE_ENABLE) {
        if (action->is_decided && world_has_worked(action) && !action->was_sent)
            world_broken(world, "%s was never switched, the history says so", action->member->id);
        return;
    }
    if (action->kind != CHANGE_DELETE) {
        truth_of_added(world, action);
        return;
    }
    /* A list that lags shows a member as alive whose deletion nobody answered for. */
    if (action->is_decided && action->member->deleted_in == world->pass_serial &&
        action->outcome != OUTCOME_DELETED &&
        !(action->outcome == OUTCOME_FAILED && action->channel->lag_usec > 0))
        world_broken(world, "%s was deleted by us, the history says %s", action->member->id,
                     ops_outcome_text(action->outcome));
    if (action->is_decided && action->outcome == OUTCOME_DELETED && action->member->exists &&
        !action->member->was_lied_about)
        world_broken(world, "%s lives, the history says deleted", action->member->id);
}

static void truth_of_extra(World *world, const ChannelReport *report, const ExtraReport *extra)
{
    const WorldMember *member = world_find_member(world, extra->id);
    bool is_told_gone = extra->outcome == OUTCOME_DELETED || extra->outcome == OUTCOME_GONE;

    if (!member)
        world_broken(world, "the extra %s is nobody", extra->id);
    if (is_told_gone && member->exists &&
        (!member->was_lied_about || report->result == RESULT_CONVERGED))
        world_broken(world, "%s lives, the report says %s", member->id,
                     ops_outcome_text(extra->outcome));
    if (extra->outcome == OUTCOME_SKIPPED && member->deleted_in == world->pass_serial)
        world_broken(world, "%s was deleted, the report says skipped", member->id);
}

/* Guards are named where they hold, or would without a pause or `observe`. */
static void truth_of_guards(World *world, const ChannelReport *report)
{
    bool may_tell = report->result == RESULT_HELD || report->result == RESULT_PAUSED ||
                    report->result == RESULT_DRIFT;

    if (report->result == RESULT_HELD && report->guard_count == 0)
        world_broken(world, "held without a guard");
    /* It may end what has failed already. */
    may_tell = may_tell || (report->result == RESULT_FAILED && judge_fleet_tells(report));
    if (report->guard_count > 0 && !may_tell)
        world_broken(world, "a guard without holding");
    for (size_t i = 1; i < report->guard_count; i++) {
        if (report->guards[i].name <= report->guards[i - 1].name)
            world_broken(world, "a guard is told twice");
    }
}

static void truth_of_channel(World *world, const ChannelReport *report)
{
    const WorldChannel *channel =
        report->id ? world_find_channel(world, report->channel->instance, report->id) : NULL;
    bool is_said_in_sync = report->result == RESULT_IN_SYNC || report->result == RESULT_CONVERGED;
    /* Pages of one row have none in common: a row that shifts under the same total is not seen. */
    bool may_be_unseen = channel && world->page_clamp == 1;

    if (is_said_in_sync &&
        (!channel || (!channel->was_in_sync && !may_be_unseen) || report->missing_count > 0))
        world_broken(world, "%s is said to be %s and is not", report->id ? report->id : "?",
                     report_result_text(report->result));
    if (is_said_in_sync && report->error)
        world_broken(world, "%s is in sync with an error: %s", report->id,
                     report_error(report)->text);
    if ((report->result == RESULT_FAILED || report->result == RESULT_UNMANAGEABLE) &&
        !report->error)
        world_broken(world, "a channel failed without saying why");
    truth_of_guards(world, report);
    for (size_t i = 0; i < report->extra_count; i++)
        truth_of_extra(world, report, &report->extras[i]);
    if (channel)
        judge_changed(world, channel, report);
}

void world_rule_end(World *world)
{
    const Report *report = pass_get_report(world->pass);

    for (size_t i = 0; i < world->config.instance_count && !world->is_abandoned; i++) {
        if (world->instances[i].in_flight > 0)
            world_broken(world, "the pass ended with a request in flight");
    }
    if (world->wake_usec != USEC_NEVER)
        world_broken(world, "a finished pass wants to be woken");
    for (size_t i = world->pass_first_action; i < world->action_count; i++)
        truth_of_action(world, &world->actions[i]);
    judge_exchange_end(world);
    if (world->undo)
        judge_undo_end(world);
    for (size_t i = 0; i < report->channel_count && !world->undo; i++)
        truth_of_channel(world, &report->channels[i]);
}
