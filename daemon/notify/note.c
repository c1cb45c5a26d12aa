/* SPDX-License-Identifier: MIT */
#include "daemon/notify/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"
#include "daemon/json/json_writer.h"
#include "daemon/notify/note_members.h"

#define NOTE_WHY_SIZE 400
#define NOTE_DIGEST_SIZE 13 /* as `rosterctl approve` takes it */
#define NOTE_HOST_SIZE 65

void note_text_done(NoteText *text)
{
    buf_done(&text->title);
    buf_done(&text->lines);
    buf_done(&text->data);
}

const char *note_phase(NoticeKind kind, NoticeStep step)
{
    if (kind == NOTICE_CHANGED)
        return "happened";
    return step == NOTICE_ENDS ? "ends" : step == NOTICE_LASTS ? "lasts" : "begins";
}

void note_subject(const char *instance_name, const char *channel_name, Buf *buf)
{
    if (str_is_empty(instance_name))
        return;
    utf8_append_shown(buf, instance_name);
    if (str_is_empty(channel_name))
        return;
    buf_putc(buf, '/');
    utf8_append_shown(buf, channel_name);
}

/* ---- the title ---- */

/* What people are told of a kind when it begins, lasts and ends. */
static const struct {
    const char *begins, *lasts, *ends;
} note_words[NOTICE_KIND_COUNT] = {
    [NOTICE_HELD] = {"guards hold changes back", "guards still hold changes back",
                     "guards hold nothing back any more"},
    [NOTICE_FAILED] = {"fails", "still fails", "does not fail any more"},
    [NOTICE_INVALID] = {"changed settings or rosters are refused",
                        "changed settings or rosters are still refused",
                        "settings and rosters are valid again"},
    [NOTICE_MISSING] = {"members are missing", "members are still missing",
                        "no members are missing any more"},
    [NOTICE_DRIFT] = {"drift stays", "drift still stays", "there is no drift any more"},
    [NOTICE_CHANGED] = {"changed", "changed", "changed"},
};

static void note_put_host(Buf *buf)
{
    char host[NOTE_HOST_SIZE] = "";

    if (gethostname(host, sizeof(host) - 1) == 0)
        utf8_append_shown(buf, host);
}

/* "rosterd (admin-a): prod/payments: guards hold changes back" */
static void note_put_title(const Note *note, Buf *title)
{
    buf_puts(title, "rosterd (");
    note_put_host(title);
    buf_puts(title, "): ");
    if (!str_is_empty(note->instance_name)) {
        note_subject(note->instance_name, note->channel_name, title);
        buf_puts(title, ": ");
    }
    buf_puts(title, note->step == NOTICE_ENDS    ? note_words[note->kind].ends
                    : note->step == NOTICE_LASTS ? note_words[note->kind].lasts
                                                 : note_words[note->kind].begins);
}

/* ---- what is behind it ---- */

static void note_put_head(const Note *note, JsonWriter *writer)
{
    char time[CLOCK_RFC3339_SIZE] = "";

    if (note->since_usec)
        clock_format_rfc3339(note->since_usec, time);
    json_put_text(writer, "kind", notifier_kind_text(note->kind));
    json_put_text(writer, "phase", note_phase(note->kind, note->step));
    json_put_text(writer, "instance", note->instance_name);
    json_put_text(writer, "channel", note->channel_name);
    json_put_text(writer, "channel_id", note->channel_id);
    json_put_text(writer, "since", time);
}

static void note_put_since(const Note *note, Buf *lines)
{
    char time[CLOCK_RFC3339_SIZE];

    if (note->since_usec == 0 || note->step == NOTICE_BEGINS)
        return;
    clock_format_rfc3339(note->since_usec, time);
    buf_printf(lines, "since %s\n", time);
}

/* An error, cut, in one line. */
static void note_put_why(const char *why, Buf *lines)
{
    char cut[NOTE_WHY_SIZE];

    str_copy(cut, sizeof(cut), why);
    cut[strcspn(cut, "\n")] = '\0';
    utf8_append_shown(lines, cut);
    buf_putc(lines, '\n');
}

static void note_put_error(const Err *error, Buf *lines, JsonWriter *writer)
{
    note_put_why(error->text, lines);
    json_open_object(writer, "error");
    json_put_number_if(writer, "http", error->http > 0, (uint64_t)error->http);
    json_put_text(writer, "code", error->code);
    json_put_text(writer, "message", error->text);
    json_put_text(writer, "request_id", error->request_id);
    json_close_object(writer);
    if (error->request_id[0]) {
        buf_puts(lines, "request id ");
        utf8_append_shown(lines, error->request_id);
        buf_putc(lines, '\n');
    }
}

static void note_put_guards(const Guard *guards, size_t count, Buf *lines, JsonWriter *writer)
{
    json_open_array(writer, "guards");
    for (size_t i = 0; i < count; i++) {
        const GuardRow *row = guards_row(guards[i].name);
        char words[512];

        buf_printf(lines, "%s refuses: ", row->name);
        utf8_append_shown(lines, guards_describe(row, guards[i].planned, guards[i].limit,
                                                 guards[i].why, words, sizeof(words)));
        buf_putc(lines, '\n');
        json_open_object(writer, NULL);
        json_put_text(writer, "name", row->name);
        json_put_number(writer, "planned", guards[i].planned);
        json_put_number(writer, "limit", guards[i].limit);
        if (guards[i].why && guards[i].why[0])
            json_put_text(writer, "why", guards[i].why);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* Where the first guard that refuses is a condition of the fleet, all are, and no approval passes
 * them. */
static void note_put_approval(const Guard *guards, size_t count, const char *digest, Buf *lines,
                              JsonWriter *writer)
{
    char command[64];

    json_put_text(writer, "digest", digest);
    if (!digest[0] || (count > 0 && guards_row(guards[0].name)->scope == GUARD_OF_FLEET))
        return;
    snprintf(command, sizeof(command), "rosterctl approve %.*s", NOTE_DIGEST_SIZE - 1, digest);
    buf_printf(lines, "to let it pass: %s\n", command);
    json_put_text(writer, "approve", command);
}

static void note_put_held(const Note *note, Buf *lines, JsonWriter *writer)
{
    const ChannelReport *channel = note->channel;
    const InstanceReport *instance = note->instance;
    const Guard *guards = channel ? channel->guards : instance->guards;
    size_t count = channel ? channel->guard_count : instance->guard_count;

    note_put_guards(guards, count, lines, writer);
    note_members_put(note, lines, writer);
    note_put_approval(guards, count, channel ? channel->digest : instance->digest, lines, writer);
}

static void note_put_failed(const Note *note, Buf *lines, JsonWriter *writer)
{
    const Err *error = note->channel ? report_error(note->channel) : &note->instance->error;

    /* Where each channel of it fails by itself, the first stands for all. */
    if (!err_is_set(error) && note->report->channel_count > 0)
        error = report_error(&note->report->channels[0]);
    note_put_error(error, lines, writer);
}

static void note_put_changes(const Note *note, Buf *lines, JsonWriter *writer)
{
    LookChanges changes = {0};
    const struct {
        const char *word;
        const size_t *count;
    } parts[] = {{"deleted", &changes.deleted},
                 {"added", &changes.added},
                 {"corrected", &changes.corrected},
                 {"disabled", &changes.disabled},
                 {"enabled", &changes.enabled}};
    const char *before = "";

    for (size_t i = 0; i < note->report->channel_count; i++)
        look_add_changes(&note->report->channels[i], &changes);
    json_put_text(writer, "pass", note->report->pass_id);
    json_open_object(writer, "changes");
    for (size_t i = 0; i < ELEMENTS(parts); i++) {
        json_put_number(writer, parts[i].word, *parts[i].count);
        if (*parts[i].count == 0)
            continue;
        buf_printf(lines, "%s%zu %s", before, *parts[i].count, parts[i].word);
        before = ", ";
    }
    json_close_object(writer);
    buf_printf(lines, " (pass %s)\n", note->report->pass_id);
    note_members_put(note, lines, writer);
}

static void note_put_details(const Note *note, Buf *lines, JsonWriter *writer)
{
    if (note->why)
        note_put_why(note->why, lines);
    if (!note->report || note->step == NOTICE_ENDS)
        return;
    switch (note->kind) {
    case NOTICE_HELD:
        note_put_held(note, lines, writer);
        break;
    case NOTICE_FAILED:
        note_put_failed(note, lines, writer);
        break;
    case NOTICE_MISSING:
    case NOTICE_DRIFT:
        note_members_put(note, lines, writer);
        break;
    case NOTICE_CHANGED:
        note_put_changes(note, lines, writer);
        break;
    case NOTICE_INVALID:
    case NOTICE_KIND_COUNT:
        break;
    }
}

static int note_failed(const NoteText *text)
{
    return buf_failed(&text->title) < 0 || buf_failed(&text->lines) < 0 ? -ENOMEM
                                                                        : buf_failed(&text->data);
}

int note_write(const Note *note, NoteText *text)
{
    JsonWriter writer = {.buf = &text->data, .is_compact = true};

    note_put_title(note, &text->title);
    note_put_since(note, &text->lines);
    json_open_object(&writer, NULL);
    note_put_head(note, &writer);
    note_put_details(note, &text->lines, &writer);
    json_put_text(&writer, "title", buf_text(&text->title));
    json_put_text(&writer, "text", buf_text(&text->lines));
    json_close_object(&writer);
    json_end(&writer);
    return note_failed(text);
}

/* ---- a summary ---- */

/* How many of them are of that kind and phase. */
static size_t note_count(const StoreNotices *notices, NoticeKind kind, const char *phase)
{
    size_t count = 0;

    for (size_t i = 0; i < notices->count; i++)
        count += str_equal(notices->items[i].kind, notifier_kind_text(kind)) &&
                 str_equal(notices->items[i].phase, phase);
    return count;
}

static void note_put_counts(const StoreNotices *notices, Buf *lines, JsonWriter *writer)
{
    static const NoticeStep steps[] = {NOTICE_BEGINS, NOTICE_LASTS, NOTICE_ENDS};

    json_open_array(writer, "counts");
    for (NoticeKind kind = 0; kind < NOTICE_KIND_COUNT; kind++) {
        for (size_t i = 0; i < ELEMENTS(steps); i++) {
            const char *phase = note_phase(kind, steps[i]);
            size_t count = note_count(notices, kind, phase);

            if (count == 0 || (i > 0 && kind == NOTICE_CHANGED))
                continue;
            buf_printf(lines, "%zu times: %s\n", count,
                       steps[i] == NOTICE_ENDS    ? note_words[kind].ends
                       : steps[i] == NOTICE_LASTS ? note_words[kind].lasts
                                                  : note_words[kind].begins);
            json_open_object(writer, NULL);
            json_put_text(writer, "kind", notifier_kind_text(kind));
            json_put_text(writer, "phase", phase);
            json_put_number(writer, "count", count);
            json_close_object(writer);
        }
    }
    json_close_array(writer);
}

static void note_put_subjects(const StoreNotices *notices, Buf *lines, JsonWriter *writer)
{
    json_open_array(writer, "subjects");
    for (size_t i = 0; i < notices->count && i < NOTE_MEMBERS_MAX; i++) {
        _cleanup_(buf_done) Buf subject = {0};

        note_subject(notices->items[i].instance_name, notices->items[i].channel_name, &subject);
        lines->failed = lines->failed || subject.failed;
        buf_printf(lines, "%s%s", i > 0 ? ", " : "", buf_text(&subject));
        json_put_string(writer, NULL, buf_text(&subject));
    }
    json_close_array(writer);
    if (notices->count > NOTE_MEMBERS_MAX)
        buf_printf(lines, " and %zu more", notices->count - NOTE_MEMBERS_MAX);
    buf_puts(lines, "\nrosterctl status --problems shows them\n");
}

int note_write_summary(const StoreNotices *notices, uint64_t time_usec, NoteText *text)
{
    JsonWriter writer = {.buf = &text->data, .is_compact = true};
    char time[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(time_usec, time);
    buf_puts(&text->title, "rosterd (");
    note_put_host(&text->title);
    buf_printf(&text->title, "): %zu notices at once", notices->count);
    json_open_object(&writer, NULL);
    json_put_text(&writer, "kind", "summary");
    json_put_number(&writer, "notices", notices->count);
    note_put_counts(notices, &text->lines, &writer);
    note_put_subjects(notices, &text->lines, &writer);
    json_put_text(&writer, "title", buf_text(&text->title));
    json_put_text(&writer, "text", buf_text(&text->lines));
    json_close_object(&writer);
    json_end(&writer);
    return note_failed(text);
}
