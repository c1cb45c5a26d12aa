/* SPDX-License-Identifier: MIT */
#include "daemon/report/channel_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/guards.h"
#include "config/mode.h"
#include "daemon/base/str.h"
#include "daemon/report/members_text.h"
#include "daemon/report/row.h"

/* ---- guards ---- */

const char *channel_text_guard(const Json *guard, char *ret_text, size_t size)
{
    return guards_describe(guards_find(row_text(guard, "name")), row_number(guard, "planned"),
                           row_number(guard, "limit"), row_text(guard, "why"), ret_text, size);
}

const char *channel_text_guard_short(const Json *guard, char *ret_text, size_t size)
{
    const char *name = row_text(guard, "name");

    return guards_describe_short(guards_find(name), name, row_number(guard, "planned"),
                                 row_number(guard, "limit"), ret_text, size);
}

const char *channel_text_verb(const Json *object)
{
    const char *result = row_text(object, "result");

    return str_equal(result, "drift") || str_equal(result, "paused") ? "would refuse" : "refuses";
}

bool channel_text_has_plan(const Json *object)
{
    return row_text(object, "digest")[0] && !str_equal(row_text(object, "result"), "converged");
}

static void text_digest(const Page *page, const Json *object)
{
    if (!channel_text_has_plan(object))
        return;
    page_printf(page, "  digest %s", row_text(object, "digest"));
    page_newline(page);
}

/* Of the first guard that refuses. */
static bool text_is_held_by(const Json *channel, GuardScope scope)
{
    const GuardRow *row = guards_find(row_text(row_at(channel, "guards", 0), "name"));

    return row && row->scope == scope;
}

bool channel_text_is_held_by_pass(const Json *channel)
{
    return text_is_held_by(channel, GUARD_OF_PASS);
}

/* They stand behind all others. */
bool channel_text_waits_for_fleet(const Json *channel)
{
    return text_is_held_by(channel, GUARD_OF_FLEET);
}

void channel_text_guards(const Page *page, const Json *object)
{
    for (size_t i = 0; i < row_count(object, "guards"); i++) {
        const Json *guard = row_at(object, "guards", i);
        char words[512];

        page_puts(page, "  ");
        page_paint(page, COLOUR_YELLOW, "! %s %s: %s", row_text(guard, "name"),
                   channel_text_verb(object), channel_text_guard(guard, words, sizeof(words)));
        page_newline(page);
    }
    text_digest(page, object);
}

/* The same, with the guards side by side and without what they count. */
static void text_guards_packed(const Page *page, const Json *channel)
{
    size_t used = 0;

    for (size_t i = 0; i < row_count(channel, "guards"); i++) {
        const Json *guard = row_at(channel, "guards", i);
        char text[128], before[32];

        channel_text_guard_short(guard, text, sizeof(text));
        if (used + strlen(text) + 2 > CHANNEL_TEXT_WIDTH) {
            page_newline(page);
            used = 0;
        }
        snprintf(before, sizeof(before), "%s%s%s",
                 i == 0 ? "  ! "
                 : used ? "; "
                        : "    ",
                 i == 0 ? channel_text_verb(channel) : "", i == 0 ? ": " : "");
        page_puts(page, before);
        page_paint(page, COLOUR_YELLOW, "%s", text);
        used += strlen(before) + strlen(text);
    }
    if (used > 0)
        page_newline(page);
    text_digest(page, channel);
}

void channel_text_instance(const Page *page, const Json *instance)
{
    page_printf(page, "%s: ", row_text(instance, "name"));
    page_paint(page, COLOUR_YELLOW, "%s", "held as a whole");
    page_newline(page);
    channel_text_guards(page, instance);
}

/* ---- channels ---- */

void channel_text_heading(const Page *page, const Json *channel, bool verbose)
{
    const char *result = row_text(channel, "result");
    char name[ROW_NAME_SIZE];

    page_puts(page, row_channel(channel, name, sizeof(name)));
    if (verbose && row_text(channel, "name")[0] && row_text(channel, "id")[0])
        page_printf(page, " (%s)", row_text(channel, "id"));
    if (str_equal(row_text(channel, "mode"), mode_text(MODE_OBSERVE)))
        page_printf(page, ", %s", mode_text(MODE_OBSERVE));
    page_puts(page, ": ");
    page_paint(page, page_colour_of(result), "%s",
               result[0] ? page_words_of(result) : "not read yet");
}

void channel_text_error(const Page *page, const Json *error)
{
    page_paint(page, COLOUR_RED, "%s", row_text(error, "message"));
    if (row_text(error, "request_id")[0])
        page_printf(page, " (request %s)", row_text(error, "request_id"));
}

void channel_text_failures(const Page *page, const Json *root, const Failures *failures)
{
    for (size_t i = 0; i < failures->count; i++) {
        const Json *channel = row_at(root, "channels", i);

        if (!failures_is_shared(failures, i) || !failures_is_first(failures, i))
            continue;
        page_printf(page, "%s: %zu channels could not be read: ", row_text(channel, "instance"),
                    failures_count(failures, i));
        channel_text_error(page, json_find(channel, "error"));
        page_newline(page);
    }
}

static void text_notes(const Page *page, const Json *channel)
{
    const Json *pause = json_find(channel, "pause"), *error = json_find(channel, "error");

    if (pause) {
        page_printf(page, "  %s: %s%s%s", row_pause(pause), row_text(pause, "reason"),
                    row_text(pause, "until")[0] ? ", until " : ", without end",
                    row_text(pause, "until"));
        page_newline(page);
    }
    if (error) {
        page_puts(page, "  ");
        channel_text_error(page, error);
        page_newline(page);
    }
}

static void text_kept(const Page *page, const Json *channel)
{
    uint64_t live = row_number(channel, "live"), ignored = row_number(channel, "ignored");
    uint64_t gone = row_total(channel, "extra") + ignored;

    page_printf(page, "  = %" PRIu64 " kept", live > gone ? live - gone : 0);
    if (ignored)
        page_printf(page, ", %" PRIu64 " ignored", ignored);
    if (row_number(channel, "disabled"))
        page_printf(page, ", %" PRIu64 " wanted but disabled", row_number(channel, "disabled"));
    page_newline(page);
}

void channel_text_body(const Page *page, const Json *channel, const ChannelTextOptions *options)
{
    members_text_append(page, channel,
                        &(MembersTextOptions){.with_ids = options->verbose,
                                              .is_packed = options->is_packed,
                                              .more = options->more});
    if (row_was_read(channel) && !options->is_packed)
        text_kept(page, channel);
    if (options->is_one_of && channel_text_is_held_by_pass(channel))
        text_digest(page, channel);
    else if (options->is_packed)
        text_guards_packed(page, channel);
    else
        channel_text_guards(page, channel);
    text_notes(page, channel);
}

void channel_text_append(const Page *page, const Json *channel, const ChannelTextOptions *options)
{
    channel_text_heading(page, channel, options->verbose);
    page_newline(page);
    channel_text_body(page, channel, options);
}
