/* SPDX-License-Identifier: MIT */
#include "daemon/report/export.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/roster/roster_writer.h"
#include "daemon/base/str.h"
#include "daemon/report/live_members.h"
#include "daemon/report/row.h"
#include "daemon/report/survey.h"

#define STATUS_DISABLED 2

/* Longer names are cut. */
#define NAME_SIZE_MAX 100
#define ID_SIZE_SHOWN 8

/* ---- the fields of a member ---- */

/* A weight that all members of the group have is not the member's. */
static bool export_has_own_weight(const Json *channel, const char *group)
{
    for (size_t i = 0; i < row_count(channel, "groups"); i++) {
        const Json *row = row_at(channel, "groups", i);

        if (str_equal(row_text(row, "name"), group))
            return !json_find(row, "weight");
    }
    return group[0] == '\0';
}

static void export_take_fields(const Json *channel, const LiveMember *live,
                               RosterWriterMember *member)
{
    const Json *weight = json_find(live->row, "weight");

    member->states |= ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED;
    member->backup = row_is_true(live->row, "is_backup");
    member->enabled = row_number(live->row, "status") != STATUS_DISABLED;
    if (json_is_integer(weight) && export_has_own_weight(channel, live->group) &&
        json_get_integer(weight, 0, INT32_MAX, &member->weight) == 0 &&
        roster_writer_can_state_weight(member->weight))
        member->states |= ROSTER_MEMBER_WEIGHT;
    member->ecs_name = row_text(live->row, "ecs_name");
    if (member->is_ecs && roster_writer_can_state_ecs_name(member->ecs_name))
        member->states |= ROSTER_MEMBER_ECS_NAME;
}

/* What rows of one member do not agree on is left to the service. */
static uint8_t export_agree(const RosterWriterMember *a, const RosterWriterMember *b)
{
    uint8_t states = a->states & b->states;

    if (a->weight != b->weight)
        states &= (uint8_t)~ROSTER_MEMBER_WEIGHT;
    if (a->backup != b->backup)
        states &= (uint8_t)~ROSTER_MEMBER_BACKUP;
    if (a->enabled != b->enabled)
        states &= (uint8_t)~ROSTER_MEMBER_ENABLED;
    if (states & ROSTER_MEMBER_ECS_NAME && !str_equal(a->ecs_name, b->ecs_name))
        states &= (uint8_t)~ROSTER_MEMBER_ECS_NAME;
    return states;
}

/* ---- a channel ---- */

typedef struct Export {
    const Json *channel;
    bool with_fields;
    LiveMembers live;
} Export;

static RosterWriterMember export_member(const Export *export, const LiveMember *live)
{
    RosterWriterMember member = {
        .group = live->group,
        .address = live->address_as,
        .port = live->port,
        .is_ecs = export->live.is_ecs,
        .ecs_name = "",
    };

    if (export->with_fields)
        export_take_fields(export->channel, live, &member);
    return member;
}

/* How many rows from there on are the same member. */
static size_t export_count_same(const Export *export, size_t first)
{
    size_t count = 1;

    while (first + count < export->live.count &&
           live_members_same(&export->live.items[first], &export->live.items[first + count]))
        count++;
    return count;
}

/* What is said beside a member: the name of its server, and that it is there several times. */
static void export_comment(const Export *export, size_t first, size_t count,
                           const RosterWriterMember *member, Buf *comment)
{
    const char *name = row_text(export->live.items[first].row, "ecs_name");

    if (member->is_ecs && name[0] != '\0' && !(member->states & ROSTER_MEMBER_ECS_NAME))
        buf_puts(comment, name);
    if (count > 1)
        buf_printf(comment, "%s%zu rows at the service", comment->size > 0 ? ", " : "", count);
}

/* Appends one entry for rows of one member. */
static int export_append_member(const Export *export, size_t first, size_t count, Buf *buf,
                                Err *err)
{
    RosterWriterMember member = export_member(export, &export->live.items[first]);
    _cleanup_(buf_done) Buf comment = {0};
    int r;

    for (size_t i = first + 1; i < first + count; i++) {
        const RosterWriterMember other = export_member(export, &export->live.items[i]);

        member.states = export_agree(&member, &other);
        member.port =
            other.port == member.port ? member.port : export->live.items[first].port_in_use;
    }
    r = roster_writer_check(&member, err);
    if (r < 0)
        return r;
    export_comment(export, first, count, &member, &comment);
    if (buf_failed(&comment) < 0)
        return err_memory(err);
    member.comment = comment.size > 0 ? comment.data : NULL;
    roster_writer_put_member(buf, &member);
    return 0;
}

static int export_append_members(const Export *export, Buf *buf, Err *err)
{
    size_t count = 0;
    int r = 0;

    roster_writer_put_channel(buf, row_text(export->channel, "id"),
                              row_text(export->channel, "name"), export->live.count == 0);
    for (size_t i = 0; i < export->live.count && r == 0; i += count) {
        count = export_count_same(export, i);
        r = export_append_member(export, i, count, buf, err);
    }
    return r;
}

static int export_refuse(const Json *channel, Err *err)
{
    const char *message = row_text(json_find(channel, "error"), "message");
    bool is_unmanageable = str_equal(row_text(channel, "result"), REPORT_SURVEY_UNMANAGEABLE);

    return err_set(err, is_unmanageable ? -EOPNOTSUPP : -EIO, "%s",
                   message[0] ? message : "its members were not read");
}

int report_export_append(const Json *channel, bool with_fields, Buf *buf, Err *err)
{
    Export export = {.channel = channel, .with_fields = with_fields};
    _cleanup_(buf_done) Buf entry = {0};
    int r;

    if (!str_equal(row_text(channel, "result"), REPORT_SURVEY_LISTED))
        return export_refuse(channel, err);
    if (!str_is_id(row_text(channel, "id"), OPS_ID_SIZE_MAX))
        return err_set(err, -EINVAL, "its id cannot be named in a roster");
    r = live_members_read(channel, &export.live, err);
    if (r == 0)
        r = export_append_members(&export, &entry, err);
    if (r == 0 && buf_failed(&entry) < 0)
        r = err_memory(err);
    live_members_done(&export.live);
    if (r < 0)
        return r;
    buf_append(buf, entry.data, entry.size);
    return buf_failed(buf) < 0 ? err_memory(err) : 0;
}

void report_export_append_head(const char *instance, Buf *buf)
{
    roster_writer_put_head(buf, instance);
}

/* ---- the name of a file ---- */

/* Lower case; whatever is no letter or digit of ASCII is a '-', several in a row are one. */
static size_t export_reduce(const char *name, char ret_text[static NAME_SIZE_MAX + 1])
{
    size_t size = 0;

    for (const char *c = name; *c && size < NAME_SIZE_MAX; c++) {
        char one = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;

        if ((one >= 'a' && one <= 'z') || (one >= '0' && one <= '9'))
            ret_text[size++] = one;
        else if (size > 0 && ret_text[size - 1] != '-')
            ret_text[size++] = '-';
    }
    while (size > 0 && ret_text[size - 1] == '-')
        size--;
    ret_text[size] = '\0';
    return size;
}

void report_export_name(const Json *channel, char ret_name[static REPORT_EXPORT_NAME_SIZE])
{
    char name[NAME_SIZE_MAX + 1], id[ID_SIZE_SHOWN + 1];

    if (export_reduce(row_text(channel, "name"), name) == 0)
        str_copy(name, sizeof(name), "channel");
    str_copy(id, sizeof(id), row_text(channel, "id"));
    for (char *c = id; *c; c++) {
        if (strchr("/.", *c))
            *c = '-';
    }
    snprintf(ret_name, REPORT_EXPORT_NAME_SIZE, "%s-%s.yaml", name, id);
}
