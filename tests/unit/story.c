/* SPDX-License-Identifier: MIT */
#include "tests/unit/story.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/plan/identity.h"
#include "tests/unit/story_report.h"
#include "tests/unit/story_text.h"
#include "tests/world/undo.h"

static Story *told;

/* A line, with the milliseconds since the pass began where it is of one moment. */
static void __attribute__((format(printf, 1, 2))) story_line(const char *format, ...)
{
    uint64_t since_usec = told->world->now_usec - told->world->begun_usec;
    char line[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    buf_printf(&told->text, "%12.3f  %s\n", (double)since_usec / 1e3, line);
}

static const char *or_dash(const char *text)
{
    return str_is_empty(text) ? "-" : text;
}

static const char *kind_of(RequestKind kind)
{
    static const char *const words[] = {"list channels", "list members", "delete",
                                        "add",           "disable",      "enable"};

    return words[kind];
}

/* ---- what is asked of the service ---- */

/* What a request names, one after the other. */
static void put_named(const char *what, const char *text, Buf *buf)
{
    if (!str_is_empty(text))
        buf_printf(buf, "%s%s", what, text);
}

static int story_submit(void *context, const Request *request)
{
    int r = world_ops.submit(context, request);
    _cleanup_(buf_done) Buf buf = {0};

    put_named(" ", request->channel_id, &buf);
    put_named(" of ", request->channel ? request->channel->name : NULL, &buf);
    put_named(" member ", request->member_id, &buf);
    put_named(" with the id ", request->find_id, &buf);
    put_named(" named ", request->find_name, &buf);
    put_named(request->is_ecs ? " server " : " ", request->member_json, &buf);
    if (request_is_change(request->kind))
        buf_printf(&buf, " for action %llu", (unsigned long long)request->action);
    else
        buf_printf(&buf, " from %llu, %u", (unsigned long long)request->offset, request->limit);
    story_line("%zu: %s%s%s", request->instance, kind_of(request->kind), buf_text(&buf),
               r ? " (not sent)" : "");
    return r;
}

static int story_renew(void *context, size_t instance)
{
    story_line("renew the credential of instance %zu", instance);
    return world_ops.renew(context, instance);
}

/* ---- what the state keeps ---- */

static int story_recall(void *context, const RosterChannel *roster, const ChannelRow *row,
                        ChannelRecord *record, Err *err)
{
    story_line("recall %s", row->id);
    return world_ops.recall(context, roster, row, record, err);
}

static int story_enter(void *context, const RosterChannel *roster, const ChannelRow *row,
                       const char *const *member_ids, size_t count, Err *err)
{
    for (size_t i = 0; i < count; i++)
        story_line("%s enters the quarantine of %s", member_ids[i], row->id);
    return world_ops.enter_quarantine(context, roster, row, member_ids, count, err);
}

static int story_leave(void *context, const RosterChannel *roster, const char *channel_id,
                       const char *const *member_ids, size_t count, Err *err)
{
    for (size_t i = 0; i < count; i++)
        story_line("%s leaves the quarantine of %s", member_ids[i], channel_id);
    return world_ops.leave_quarantine(context, roster, channel_id, member_ids, count, err);
}

static int story_is_approved(void *context, const char *digest, const ChangeGate *gate, Err *err)
{
    int r = world_ops.is_approved(context, digest, gate, err);

    story_line("is %.12s approved: %d", digest, r);
    return r;
}

static int story_share(void *context, const char *digest, const char *const *plans,
                       size_t plan_count, Err *err)
{
    story_line("share the approval of %.12s", digest);
    for (size_t i = 0; i < plan_count; i++)
        story_line("  with %.12s", plans[i]);
    return world_ops.share_approval(context, digest, plans, plan_count, err);
}

static int story_remember(void *context, const RosterChannel *roster, const char *channel_id,
                          const Sighting *sightings, size_t count, Err *err)
{
    story_line("remember of %s", channel_id);
    for (size_t i = 0; i < count; i++)
        story_line("  %s seen %u times", sightings[i].member_id, sightings[i].count);
    return world_ops.remember(context, roster, channel_id, sightings, count, err);
}

static int story_settle(void *context, const RosterChannel *roster, const char *channel_id,
                        const SettleList *list, Err *err)
{
    story_line("settle %s", channel_id);
    return world_ops.settle(context, roster, channel_id, list, err);
}

static void story_batch(const char *verb, const Batch *batch)
{
    story_line("%s %zu changes of %s (%s) in %s for %s%s%s", verb, batch->change_count,
               batch->channel_id, batch->channel_name, batch->instance_name, batch->pass,
               batch->digest && batch->digest[0] ? " with a digest" : "",
               batch->approved ? " approved" : "");
    for (size_t i = 0; i < batch->change_count; i++) {
        const Change *change = &batch->changes[i];
        char member[256];

        identity_print(change->identity, change->identity_size, member, sizeof(member));
        story_line("  %s %s %s: %s to %s", change_kind_text(change->kind),
                   or_dash(change->member_id), member, or_dash(change->before),
                   or_dash(change->after));
    }
}

static int story_intend(void *context, const Batch *batch, void *tag, Err *err)
{
    int r = world_ops.intend(context, batch, tag, err);

    if (r != 1)
        story_batch("intend", batch);
    return r;
}

static void story_cancel(void *context, void *tag)
{
    story_line("cancel an intent");
    world_ops.cancel_intent(context, tag);
}

static int story_record(void *context, Batch *batches, size_t count, Err *err)
{
    for (size_t i = 0; i < count; i++)
        story_batch(i == 0 ? "record" : "  and", &batches[i]);
    return world_ops.record(context, batches, count, err);
}

static int story_decide(void *context, uint64_t action, Outcome outcome, uint32_t attempts,
                        const ListedMember *listed, const Answer *answer, Err *err)
{
    _cleanup_(buf_done) Buf buf = {0};

    put_named(", listed as ", listed ? or_dash(listed->id) : "", &buf);
    if (listed)
        buf_printf(&buf, " of weight %d", listed->weight);
    if (answer)
        buf_printf(&buf, ", answer %d", answer->http);
    put_named(" ", answer ? answer->code : NULL, &buf);
    story_line("action %llu: %s after %u attempts%s", (unsigned long long)action,
               ops_outcome_text(outcome), attempts, buf_text(&buf));
    return world_ops.decide(context, action, outcome, attempts, listed, answer, err);
}

/* ---- what the log is told ---- */

static void story_tell(void *context, const Event *event)
{
    static const char *const words[] = {
        "retry",          "deleted",        "delete failed",   "added",
        "add failed",     "corrected",      "correct failed",  "disabled",
        "disable failed", "enabled",        "enable failed",   "vanished",
        "held",           "channel failed", "instance failed", "renewed"};
    _cleanup_(buf_done) Buf buf = {0};

    put_named(event->is_undo ? " undo " : " ", event->pass, &buf);
    put_named(" ", event->instance_name, &buf);
    put_named(" ", event->channel_id, &buf);
    put_named(" ", event->channel_name, &buf);
    put_named(" member ", event->member, &buf);
    put_named(" ", event->member_id, &buf);
    put_named(" with ", event->digest[0] ? "a digest" : "", &buf);
    put_named(" topic ", event->topic, &buf);
    story_line("log: %s%s: %s, attempt %u, wait %llu", words[event->kind], buf_text(&buf),
               ops_outcome_text(event->outcome), event->attempt,
               (unsigned long long)event->wait_usec);
    if (!str_is_empty(event->members))
        story_line("  members %s", event->members);
    if (event->err && err_is_set(event->err))
        story_line("  %s (http %d code %s)", event->err->text, event->err->http,
                   or_dash(event->err->code));
    world_ops.tell(context, event);
}

/* ---- stories ---- */

void story_begin(Story *story, const char *name, World *world)
{
    *story = (Story){.name = name, .world = world, .ops = *world->ops};
    story->ops.submit = story_submit;
    story->ops.renew = story_renew;
    story->ops.recall = story_recall;
    story->ops.enter_quarantine = story_enter;
    story->ops.leave_quarantine = story_leave;
    story->ops.is_approved = story_is_approved;
    story->ops.share_approval = story_share;
    story->ops.remember = story_remember;
    story->ops.settle = story_settle;
    story->ops.intend = story_intend;
    story->ops.cancel_intent = story_cancel;
    story->ops.record = story_record;
    story->ops.decide = story_decide;
    story->ops.tell = story_tell;
    world->ops = &story->ops;
    told = story;
}

static void story_heading(const char *heading)
{
    buf_printf(&told->text, "%s== %s\n", told->text.size > 0 ? "\n" : "", heading);
}

static void story_report(void)
{
    story_report_print(told->world, &told->text);
}

void story_pass(const char *heading)
{
    story_heading(heading);
    world_pass(told->world);
    story_report();
}

void story_dry_pass(const char *heading)
{
    story_heading(heading);
    world_dry_pass(told->world);
    story_report();
}

void story_undo(const char *heading)
{
    story_heading(heading);
    world_undo(told->world);
    story_report();
}

void story_dry_undo(const char *heading)
{
    story_heading(heading);
    world_dry_undo(told->world);
    story_report();
}

void story_undo_of(const char *heading, uint32_t serial)
{
    story_heading(heading);
    assert_true(world_begin_undo(told->world, serial, false));
    world_finish(told->world);
    story_report();
}

void story_pass_with(const char *heading, uint64_t after_usec,
                     void (*act)(World *world, void *argument), void *argument)
{
    story_heading(heading);
    world_begin(told->world, false);
    world_at(told->world, after_usec, act, argument);
    world_finish(told->world);
    story_report();
}

void story_undo_with(const char *heading, uint64_t after_usec,
                     void (*act)(World *world, void *argument), void *argument)
{
    story_heading(heading);
    assert_true(world_begin_undo(told->world, world_last_changing(told->world), false));
    world_at(told->world, after_usec, act, argument);
    world_finish(told->world);
    story_report();
}

void story_end(void)
{
    story_text_check(told->name, &told->text);
    buf_done(&told->text);
    world_free(told->world);
    told = NULL;
}

char *story_take(void)
{
    char *text = buf_take(&told->text);

    assert_non_null(text);
    world_free(told->world);
    told = NULL;
    return text;
}
