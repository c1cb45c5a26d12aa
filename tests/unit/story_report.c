/* SPDX-License-Identifier: MIT */
#include "tests/unit/story_report.h"

#include "daemon/base/str.h"
#include "reconcile/plan/identity.h"
#include "tests/world/undo.h"

static const char *or_dash(const char *text)
{
    return str_is_empty(text) ? "-" : text;
}

/* Moments of the calendar are told by what they are from the pass's begin on. */
static void put_time(const World *world, uint64_t realtime_usec, Buf *buf)
{
    uint64_t begun_usec = world->realtime_usec - (world->now_usec - world->begun_usec);

    if (realtime_usec == 0)
        buf_puts(buf, "never");
    else
        buf_printf(buf, "%+.6f s", ((double)realtime_usec - (double)begun_usec) / 1e6);
}

static void put_fields(const MemberFields *fields, Buf *buf)
{
    buf_printf(buf, "weight %d%s%s", fields->weight, fields->is_backup ? " backup" : "",
               fields->is_enabled ? "" : " disabled");
}

static void put_guards(const Guard *guards, size_t count, Buf *buf)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(buf, "    guard %s%s: %llu, limit %llu, why %s\n",
                   guard_name_text(guards[i].name), guards[i].refuses ? "" : " (passes)",
                   (unsigned long long)guards[i].planned, (unsigned long long)guards[i].limit,
                   or_dash(guards[i].why));
}

static void put_error(const Err *err, Buf *buf)
{
    if (err_is_set(err))
        buf_printf(buf, "    error: %s (http %d, code %s, request %s)\n", err->text, err->http,
                   or_dash(err->code), or_dash(err->request_id));
}

static void put_changed(const ChangedReport *rows, size_t count, const char *word, Buf *buf)
{
    for (size_t i = 0; i < count; i++) {
        char member[256];

        identity_format(config_member_group(rows[i].member), rows[i].member->address, rows[i].port,
                        member, sizeof(member));
        buf_printf(buf, "    %s %s %s: fields %x, states %x, %s after %u attempts, live ", word,
                   or_dash(rows[i].id), member, rows[i].states, rows[i].member->states,
                   ops_outcome_text(rows[i].outcome), rows[i].attempts);
        put_fields(&rows[i].live, buf);
        buf_putc(buf, '\n');
    }
}

static void put_extras(const World *world, const ChannelReport *report, Buf *buf)
{
    for (size_t i = 0; i < report->extra_count; i++) {
        const ExtraReport *extra = &report->extras[i];
        char member[256];

        identity_format(extra->group, extra->address, extra->port, member, sizeof(member));
        buf_printf(buf, "    extra %s %s: %s after %u attempts%s, until ", extra->id, member,
                   ops_outcome_text(extra->outcome), extra->attempts,
                   extra->enters ? ", enters" : "");
        put_time(world, extra->until_usec, buf);
        buf_putc(buf, '\n');
    }
}

static void put_added(const ChannelReport *report, Buf *buf)
{
    char member[256];

    for (size_t i = 0; i < report->added_count; i++) {
        const AddedReport *added = &report->added[i];

        identity_format(added->group, added->address, added->port, member, sizeof(member));
        buf_printf(buf, "    added %s: %s after %u attempts\n", member,
                   ops_outcome_text(added->outcome), added->attempts);
    }
    for (size_t i = 0; i < report->missing_count; i++) {
        const MissingReport *missing = &report->missing[i];

        identity_format(missing->group, missing->address, missing->port, member, sizeof(member));
        buf_printf(buf, "    missing %s\n", member);
    }
}

static void put_channel(const World *world, const ChannelReport *report, Buf *buf)
{
    buf_printf(buf, "  channel %s (%s) of %s%s: %s%s%s\n", or_dash(report->id),
               or_dash(report->name), report->instance_name, report->is_ecs ? ", ecs" : "",
               report_result_text(report->result), report->is_refused ? ", refused" : "",
               report->digest[0] ? ", with a digest" : "");
    if (report->has_list)
        buf_printf(buf, "    %zu live, %zu ignored, %zu disabled\n", report->live_count,
                   report->ignored_count, report->disabled_count);
    if (report->pause_reason) {
        buf_printf(buf, "    pause of %s: %s, until ",
                   channel_record_scope_text(report->pause_scope), report->pause_reason);
        put_time(world, report->pause_end_usec, buf);
        buf_putc(buf, '\n');
    }
    put_guards(report->guards, report->guard_count, buf);
    put_error(report_error(report), buf);
    put_extras(world, report, buf);
    put_changed(report->changed, report->changed_count, "changed", buf);
    put_changed(report->enabled, report->enabled_count, "enabled", buf);
    put_added(report, buf);
}

static void put_item(const UndoItem *item, Buf *buf)
{
    char member[256];

    identity_print(item->identity, item->identity_size, member, sizeof(member));
    buf_printf(buf,
               "    item %s%s %s %s: %s after %u attempts, %s\n      before %s\n      after %s\n",
               change_kind_text(item->done), item->is_decided ? "" : " in doubt",
               or_dash(item->member_id), member, ops_outcome_text(item->outcome), item->attempts,
               or_dash(item->reason), or_dash(item->before), or_dash(item->after));
    buf_printf(buf, "      fields %x, was ", item->states);
    put_fields(&item->was, buf);
    buf_puts(buf, ", made ");
    put_fields(&item->made, buf);
    buf_puts(buf, ", planned ");
    put_fields(&item->planned, buf);
    buf_putc(buf, '\n');
}

static void put_instance(const InstanceReport *instance, Buf *buf)
{
    buf_printf(buf, "  instance %s%s%s\n", instance->name,
               instance->digest[0] ? ", with a digest" : "",
               instance->approved[0] ? ", by an approval" : "");
    put_guards(instance->guards, instance->guard_count, buf);
    put_error(&instance->error, buf);
}

void story_report_print(const World *world, Buf *buf)
{
    const Report *report = pass_get_report(world->pass);

    buf_printf(buf, "report of %s%s: exit status %d, roster %s, head %s\n", report->pass_id,
               report->dry_run ? ", a dry run" : "", report_exit_status(report),
               or_dash(report->roster_digest), or_dash(report->roster_head));
    for (size_t i = 0; i < report->instance_count; i++)
        put_instance(&report->instances[i], buf);
    for (size_t i = 0; i < report->channel_count; i++) {
        put_channel(world, &report->channels[i], buf);
        for (size_t k = 0; world->undo && k < world->undo->undos[i].item_count; k++)
            put_item(&world->undo->undos[i].items[k], buf);
    }
}
