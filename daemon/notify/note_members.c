/* SPDX-License-Identifier: MIT */
#include "daemon/notify/note_members.h"

#include "daemon/base/utf8.h"
#include "reconcile/plan/identity.h"

#define NOTE_MEMBER_SIZE 200

typedef struct NoteMembers {
    const Note *note;
    Buf *lines;
    JsonWriter *writer;
    const char *channel; /* named before each member; NULL: they are of one channel */
    size_t count;
} NoteMembers;

static void note_members_add(NoteMembers *members, const char *sign, const char *group,
                             const char *address, uint16_t port)
{
    char text[NOTE_MEMBER_SIZE];

    if (members->count++ >= NOTE_MEMBERS_MAX)
        return;
    identity_format(group, address, port, text, sizeof(text));
    utf8_mend(text);
    buf_printf(members->lines, "%s ", sign);
    if (members->channel) {
        utf8_append_shown(members->lines, members->channel);
        buf_puts(members->lines, ": ");
    }
    utf8_append_shown(members->lines, text);
    buf_putc(members->lines, '\n');
    json_open_object(members->writer, NULL);
    json_put_text(members->writer, "sign", sign);
    json_put_text(members->writer, "channel", members->channel);
    json_put_text(members->writer, "member", text);
    json_close_object(members->writer);
}

static void note_members_add_changed(NoteMembers *members, const ChangedReport *changed,
                                     size_t count)
{
    bool is_done = members->note->kind == NOTICE_CHANGED;

    for (size_t i = 0; i < count; i++) {
        if ((changed[i].outcome == OUTCOME_CORRECTED) == is_done)
            note_members_add(members, "~", config_member_group(changed[i].member),
                             changed[i].member->address, changed[i].port);
    }
}

/* "" for one that the notice is not about. */
static const char *note_members_sign(const Note *note, const ExtraReport *extra)
{
    switch (extra->outcome) {
    case OUTCOME_DELETED:
        return note->kind == NOTICE_CHANGED ? "-" : "";
    case OUTCOME_QUARANTINED:
        return note->kind == NOTICE_CHANGED && extra->attempts > 0 ? "~" : "";
    case OUTCOME_GONE:
        return "";
    case OUTCOME_PLANNED:
    case OUTCOME_HELD:
    case OUTCOME_SKIPPED:
    case OUTCOME_ADDED:
    case OUTCOME_CORRECTED:
    case OUTCOME_DISABLED:
    case OUTCOME_ENABLED:
    case OUTCOME_FAILED:
    case OUTCOME_LIVE:
    case OUTCOME_CHANGED:
        break;
    }
    return note->kind == NOTICE_CHANGED ? "" : "-";
}

static void note_members_add_missing(NoteMembers *members, const ChannelReport *channel)
{
    for (size_t i = 0; i < channel->missing_count; i++)
        note_members_add(members, "?", channel->missing[i].group, channel->missing[i].address,
                         channel->missing[i].port);
}

static void note_members_add_channel(NoteMembers *members, const ChannelReport *channel)
{
    NoticeKind kind = members->note->kind;

    for (size_t i = 0; i < channel->extra_count && kind != NOTICE_MISSING; i++) {
        const ExtraReport *extra = &channel->extras[i];
        const char *sign = note_members_sign(members->note, extra);

        if (sign[0])
            note_members_add(members, sign, extra->group, extra->address, extra->port);
    }
    if (kind != NOTICE_MISSING) {
        note_members_add_changed(members, channel->changed, channel->changed_count);
        note_members_add_changed(members, channel->enabled, channel->enabled_count);
    }
    for (size_t i = 0; i < channel->added_count; i++) {
        const AddedReport *added = &channel->added[i];
        bool is_added = added->outcome == OUTCOME_ADDED;

        if ((kind == NOTICE_CHANGED && is_added) || (kind == NOTICE_HELD && !is_added))
            note_members_add(members, "+", added->group, added->address, added->port);
    }
    if (kind == NOTICE_MISSING || kind == NOTICE_DRIFT)
        note_members_add_missing(members, channel);
}

/* Of all channels of the instance that the notice is about. */
static void note_members_add_all(NoteMembers *members)
{
    const Note *note = members->note;

    for (size_t i = 0; i < note->report->channel_count; i++) {
        const ChannelReport *channel = &note->report->channels[i];

        members->channel = channel->name ? channel->name : channel->id;
        if (note->kind == NOTICE_CHANGED || report_is_held_by_pass(channel, note->instance))
            note_members_add_channel(members, channel);
    }
}

void note_members_put(const Note *note, Buf *lines, JsonWriter *writer)
{
    NoteMembers members = {.note = note, .lines = lines, .writer = writer};
    size_t left_out;

    json_open_array(writer, "members");
    if (note->channel)
        note_members_add_channel(&members, note->channel);
    else
        note_members_add_all(&members);
    json_close_array(writer);
    left_out = members.count > NOTE_MEMBERS_MAX ? members.count - NOTE_MEMBERS_MAX : 0;
    json_put_number(writer, "members_left_out", left_out);
    if (left_out > 0)
        buf_printf(lines, "and %zu more\n", left_out);
}
