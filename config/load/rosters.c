/* SPDX-License-Identifier: MIT */
/* The tree of each file is freed before the next is read, so that loading needs memory for the
 * largest file, not for all. */
#include "config/load/rosters.h"

#include <errno.h>
#include <string.h>

#include "config/roster/roster.h"
#include "config/roster/rules.h"
#include "config/yaml/yaml.h"
#include "daemon/base/digest.h"
#include "daemon/base/file.h"
#include "daemon/base/str.h"

int rosters_read_tree(const char *path, Arena *arena, Problems *problems, struct stat *ret_status,
                      const Node **ret_root)
{
    _cleanup_(buf_done) Buf text = {0};
    int r;

    *ret_root = NULL;
    problems_add_file(problems, path);
    problems->document_count++;
    r = file_read_looked(path, YAML_SIZE_MAX, &text, ret_status, NULL);
    if (r == -EFBIG) {
        problems_add(problems, path, 1, 1, "",
                     "too large: more than 8 MiB, split it into several files");
        return 0;
    }
    if (r < 0)
        return r;
    r = yaml_parse(path, buf_text(&text), text.size, arena, problems, ret_root);
    return r == -EINVAL ? 0 : r;
}

void rosters_note_unread(Build *build, const char *path)
{
    if (sources_note_unread(build->sources, path) < 0)
        problems_memory(build->problems);
}

const char *rosters_why_unreadable(int error)
{
    if (error == -EINVAL)
        return "not a regular file";
    return err_reason(-error);
}

/* ---- reading ---- */

static void leave_reading(RosterReading **reading)
{
    if (*reading)
        roster_reading_leave(*reading);
}

static size_t count_problems(const Build *build)
{
    return build->problems->count + build->problems->dropped + build->problems->out_of_memory;
}

/* A window goes by the file of its zone. */
static bool has_windows(const RosterChannel *channels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (channels[i].windows.window_count > 0)
            return true;
    }
    return false;
}

/* Copies the channels from `first` on, which were read from its file. 0 or -ENOMEM. */
static int keep_channels(Build *build, size_t first, RosterReading *reading)
{
    size_t count = build->config.channel_count - first;

    reading->channels = arena_alloc(&reading->arena, (count + 1) * sizeof(*reading->channels));
    if (!reading->channels)
        return -ENOMEM;
    if (count > 0)
        memcpy(reading->channels, &build->channels[first], count * sizeof(*reading->channels));
    reading->channel_count = count;
    return 0;
}

static void report_unreadable(Build *build, const RosterFile *file, int error)
{
    const RosterEntry *entry = file->entry;

    rosters_note_unread(build, file->path);
    if (error == -ENOMEM)
        problems_memory(build->problems);
    else if (entry)
        problems_add(build->problems, build->config.path, entry->line, entry->column, entry->path,
                     "%s: cannot be read: %s", file->path, rosters_why_unreadable(error));
    else
        problems_add(build->problems, file->path, 0, 0, "", "cannot be read: %s",
                     rosters_why_unreadable(error));
}

static bool has_same_order(const RosterChannel *a, const RosterChannel *b)
{
    for (size_t i = 0; i < a->member_count; i++) {
        const RosterMember *left = &a->members[i], *right = &b->members[i];

        if (!str_equal(left->address, right->address) || left->port != right->port ||
            !str_equal(config_member_group(left), config_member_group(right)))
            return false;
    }
    return true;
}

/* Whether both say the same, in the same order, but for the lines on which it stands. */
static bool says_the_same(const RosterReading *a, const RosterReading *b)
{
    if (!a->is_whole || !b->is_whole || a->channel_count != b->channel_count)
        return false;
    for (size_t i = 0; i < a->channel_count; i++) {
        const RosterChannel *left = &a->channels[i], *right = &b->channels[i];

        if (!str_equal(left->canonical, right->canonical) || left->pause ||
            left->ignore_count > 1 || !has_same_order(left, right))
            return false;
    }
    return true;
}

/* Lets the reading of a file in which nothing but comments changed go without memory of its own: a
 * large set that is checked out anew is not to be kept twice. 0 or -ENOMEM. */
static int share_body(Build *build, size_t first, RosterReading *reading, RosterReading *before)
{
    size_t count = reading->channel_count;
    Arena arena = {0};
    RosterChannel *channels = arena_alloc(&arena, (count + 1) * sizeof(*channels));

    if (!channels)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        channels[i] = before->channels[i];
        channels[i].file = reading->path;
        channels[i].line = reading->channels[i].line;
        channels[i].column = reading->channels[i].column;
        build->channels[first + i] = channels[i];
    }
    arena_done(&reading->arena);
    reading->arena = arena;
    reading->channels = channels;
    reading->body = roster_reading_hold(before->body ? before->body : before);
    return 0;
}

/* Reads a file into the Build, whose reading it becomes. `before` may be NULL. */
static void read_file(Build *build, const RosterFile *file, const LoadTerms *terms,
                      RosterReading *before)
{
    _cleanup_(arena_done) Arena tree = {0};
    _cleanup_(leave_reading) RosterReading *reading = roster_reading_new(file->path);
    size_t problems = count_problems(build), first = build->config.channel_count;
    Reader reader = {.problems = build->problems};
    const Node *root;
    int r;

    if (!reading || roster_readings_add(&build->readings, reading) < 0) {
        problems_memory(build->problems);
        return;
    }
    reader.file = reading->path;
    reader.arena = &reading->arena;
    r = rosters_read_tree(reader.file, &tree, build->problems, &reading->status, &root);
    if (r < 0)
        report_unreadable(build, file, r);
    if (root)
        roster_read(build, &reader, root);
    if (keep_channels(build, first, reading) < 0)
        problems_memory(build->problems);
    reading->was_old = sources_is_old(&reading->status, terms->realtime_usec);
    reading->is_whole = count_problems(build) == problems &&
                        !has_windows(reading->channels, reading->channel_count);
    if (before && says_the_same(before, reading) && share_body(build, first, reading, before) < 0)
        problems_memory(build->problems);
}

/* ---- taking over ---- */

/* Identifies what the settings say to the reading of a roster. "": nothing that can be relied on.
 */
static void take_settings(Build *build)
{
    _cleanup_(buf_done) Buf text = {0};

    if (problems_any(build->problems) || build->is_without_settings)
        return;
    buf_printf(&text, "%s\n", build->config.canonical);
    for (size_t i = 0; i < build->config.instance_count; i++)
        buf_printf(&text, "%zu %s\n", strlen(build->instances[i].name), build->instances[i].name);
    if (buf_failed(&text) < 0 ||
        digest_sha256_hex(buf_text(&text), text.size, build->readings.settings) < 0)
        problems_memory(build->problems);
}

/* What was read of each file before, by its path. 0 or -ENOMEM. */
static int index_readings(const Build *build, const LoadTerms *terms, Map *before)
{
    const RosterReadings *readings = terms->before;

    if (!readings || !build->readings.settings[0] ||
        !str_equal(readings->settings, build->readings.settings))
        return 0;
    for (size_t i = 0; i < readings->count; i++) {
        RosterReading *reading = readings->items[i];

        if (map_put(before, reading->path, strlen(reading->path), reading) < 0)
            return -ENOMEM;
    }
    return 0;
}

static bool can_serve(const Build *build, const RosterReading *reading, const RosterFile *file)
{
    struct stat now;

    if (!reading->is_whole || !reading->was_old ||
        !sources_is_same(&reading->status, &file->status) || file_look(file->path, &now) < 0 ||
        !sources_is_same(&reading->status, &now))
        return false;
    for (size_t i = 0; i < reading->channel_count; i++) {
        if (rules_is_listed(build, &reading->channels[i]))
            return false;
    }
    return true;
}

static void take_over(Build *build, RosterReading *reading)
{
    size_t count = build->config.channel_count;

    problems_add_file(build->problems, reading->path);
    build->problems->document_count++;
    if (roster_readings_add(&build->readings, reading) < 0 ||
        mem_grow(&build->channels, &build->channel_capacity, count + reading->channel_count,
                 sizeof(*build->channels)) < 0) {
        problems_memory(build->problems);
        return;
    }
    for (size_t i = 0; i < reading->channel_count; i++) {
        build->channels[count + i] = reading->channels[i];
        rules_note_listed(build, &reading->channels[i]);
    }
    build->config.channel_count += reading->channel_count;
}

void rosters_load(Build *build, const RosterFiles *files, const LoadTerms *terms)
{
    _cleanup_(map_done) Map before = {0};

    take_settings(build);
    if (index_readings(build, terms, &before) < 0)
        problems_memory(build->problems);
    for (size_t i = 0; i < files->count && !build->problems->out_of_memory; i++) {
        const RosterFile *file = &files->items[i];
        RosterReading *reading = map_find(&before, file->path, strlen(file->path));

        if (reading && can_serve(build, reading, file))
            take_over(build, reading);
        else
            read_file(build, file, terms, reading);
    }
}
