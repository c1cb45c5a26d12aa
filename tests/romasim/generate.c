/* SPDX-License-Identifier: MIT */
/* Channels in bulk for benchmarks: the same state gives the same ids and hosts every time. */
#include "tests/romasim/generate.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"

static char *id_of(unsigned kind, unsigned channel, unsigned member)
{
    return alloc_format("%08x%08x%08x%08x", kind, channel, member,
                        (channel * 2654435761u) ^ member);
}

/* "bench-%d" and 7 give "bench-7"; only %d is understood. */
static char *name_of(const char *pattern, unsigned number)
{
    const char *at = strstr(pattern, "%d");

    if (!at)
        return alloc_format("%s%u", pattern, number);
    return alloc_format("%.*s%u%s", (int)(at - pattern), pattern, number, at + 2);
}

static void add_member(Channel *c, unsigned channel, unsigned n, bool extra, const char *group)
{
    Member *m = alloc_zero(1, sizeof(*m));
    unsigned low = n % 250 + 1, middle = n / 250 % 250;

    m->id = id_of(extra ? 0xeeu : 0x3eu, channel, n);
    m->host = extra ? alloc_format("10.250.%u.%u", middle, low)
                    : alloc_format("10.%u.%u.%u", channel % 240, channel / 240 * 20 + middle, low);
    m->group = alloc_copy(group);
    m->create_time = alloc_copy("2024-01-02T03:04:05Z");
    m->port = c->port;
    m->weight = 1;
    m->status = 1;
    model_add_member(c, m);
}

static void add_channel(Instance *i, json_object *spec, unsigned number, JsonError *e)
{
    const char *pattern = jsonget_string(e, spec, "name");
    const char *group = jsonget_string(e, spec, "group");
    unsigned members = (unsigned)jsonget_int(e, spec, "members", 10);
    unsigned extras = (unsigned)jsonget_int(e, spec, "extras", 0);
    Channel *c = alloc_zero(1, sizeof(*c));

    c->id = id_of(0xcu, number, 0);
    c->name = name_of(pattern ? pattern : "bench-%d", number);
    c->create_time = alloc_copy("2024-01-02T03:04:05Z");
    c->vpc_channel_type = alloc_copy("builtin");
    c->type = 2;
    c->port = jsonget_int(e, spec, "port", 8080);
    c->balance_strategy = 1;
    c->status = 1;
    c->quota = -1;
    model_add_channel(i, c);
    if (group && group[0])
        model_add_group(c, group);
    for (unsigned n = 0; n < members; n++)
        add_member(c, number, n, false, group ? group : "");
    for (unsigned n = 0; n < extras; n++)
        add_member(c, number, n, true, group ? group : "");
}

void generate_channels(JsonError *e, Instance *i, json_object *spec)
{
    static const char *const keys[] = {"channels", "members", "name", "extras",
                                       "port",     "group",   NULL};
    int channels = jsonget_int(e, spec, "channels", 1);

    jsonget_only(e, spec, "generate", keys);
    for (int n = 0; n < channels; n++)
        add_channel(i, spec, (unsigned)n, e);
}
