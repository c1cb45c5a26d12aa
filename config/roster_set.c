/* SPDX-License-Identifier: MIT */
#include "config/roster_set.h"

#include <errno.h>
#include <string.h>

#include "config/config.h"
#include "config/instance_key.h"
#include "daemon/base/arena.h"

/* A text with its size, so that no two lists of texts read alike; NULL is another than "". */
static void set_put_text(Buf *buf, const char *text)
{
    if (text)
        buf_printf(buf, "%zu:%s,", strlen(text), text);
    else
        buf_puts(buf, "-,");
}

static void set_put_guards(Buf *buf, const Guards *guards)
{
    for (size_t i = 0; i < GUARD_COUNT; i++)
        buf_printf(buf, "%s=%u,", guards_row((GuardName)i)->name, (unsigned)guards->limits[i]);
}

static void set_put_member(Buf *buf, const RosterMember *member)
{
    set_put_text(buf, member->group);
    set_put_text(buf, member->address);
    buf_printf(buf, "%u,%d", (unsigned)member->port, member->is_ecs);
}

static void set_put_rule(Buf *buf, const IgnoreRule *rule)
{
    set_put_text(buf, rule->host);
    set_put_text(buf, rule->group);
    set_put_text(buf, rule->ecs_id);
    if (rule->has_network) {
        for (size_t i = 0; i < sizeof(rule->network); i++)
            buf_printf(buf, "%02x", rule->network[i]);
        buf_printf(buf, "/%u", (unsigned)rule->prefix_bits);
    }
    buf_puts(buf, rule->has_port ? ",port " : ",");
    if (rule->has_port)
        buf_printf(buf, "%u", (unsigned)rule->port);
}

static int set_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Appends lines in the order of their bytes, each with its size. */
static void set_put_sorted(Buf *buf, const char **lines, size_t count)
{
    if (count > 1)
        qsort(lines, count, sizeof(*lines), set_compare);
    buf_printf(buf, "%zu[", count);
    for (size_t i = 0; i < count; i++)
        set_put_text(buf, lines[i]);
    buf_puts(buf, "]");
}

/* The next line out of what was put into `line`, which is empty afterwards. */
static const char *set_take_line(Arena *arena, Buf *line)
{
    const char *text = buf_failed(line) < 0 ? NULL : arena_string(arena, buf_text(line));

    buf_reset(line);
    return text;
}

static int set_put_members(Buf *buf, const RosterChannel *channel)
{
    _cleanup_(arena_done) Arena arena = {0};
    _cleanup_(buf_done) Buf line = {0};
    size_t count = channel->member_count + channel->ignore_count;
    const char **lines = arena_alloc(&arena, (count ? count : 1) * sizeof(*lines));

    if (!lines)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (i < channel->member_count)
            set_put_member(&line, &channel->members[i]);
        else
            set_put_rule(&line, &channel->ignore[i - channel->member_count]);
        lines[i] = set_take_line(&arena, &line);
        if (!lines[i])
            return -ENOMEM;
    }
    set_put_sorted(buf, lines, channel->member_count);
    set_put_sorted(buf, lines + channel->member_count, channel->ignore_count);
    return 0;
}

static int set_put_channel(Buf *buf, const Config *config, const RosterChannel *channel)
{
    char key[INSTANCE_KEY_SIZE];

    instance_key(&config->instances[channel->instance], key);
    set_put_text(buf, key);
    set_put_text(buf, channel->name);
    set_put_text(buf, channel->id);
    buf_printf(buf, "mode=%d,empty=%d,", (int)channel->mode, channel->allow_empty);
    set_put_guards(buf, &channel->guards);
    if (channel->pause) {
        set_put_text(buf, channel->pause->reason);
        buf_printf(buf, "until=%llu,", (unsigned long long)channel->pause->until_usec);
    }
    return set_put_members(buf, channel);
}

int roster_set_digest(const Config *config, char ret_digest[static DIGEST_HEX_SIZE])
{
    _cleanup_(arena_done) Arena arena = {0};
    _cleanup_(buf_done) Buf all = {0}, line = {0};
    size_t count = config->channel_count;
    const char **lines = arena_alloc(&arena, (count ? count : 1) * sizeof(*lines));

    if (!lines)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (set_put_channel(&line, config, &config->channels[i]) < 0)
            return -ENOMEM;
        lines[i] = set_take_line(&arena, &line);
        if (!lines[i])
            return -ENOMEM;
    }
    buf_printf(&all, "mode=%d,", (int)config->mode);
    set_put_guards(&all, &config->guards);
    set_put_sorted(&all, lines, count);
    return buf_failed(&all) < 0 ? -ENOMEM : digest_sha256_hex(all.data, all.size, ret_digest);
}
