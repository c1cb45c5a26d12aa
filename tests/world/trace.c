/* SPDX-License-Identifier: MIT */
#include "tests/world/trace.h"

#include <stdio.h>

void world_trace(const World *world, const char *format, ...)
{
    char text[128];
    va_list arguments;

    if (!world->trace)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    snprintf(world->trace->lines[world->trace->count++ % TRACE_LINES],
             sizeof(world->trace->lines[0]), "%12.3f  %s", (double)world->now_usec / 1e6, text);
}

static const char *trace_kind(RequestKind kind)
{
    switch (kind) {
    case REQUEST_LIST_CHANNELS:
        return "channels";
    case REQUEST_LIST_MEMBERS:
        return "members";
    case REQUEST_DELETE_MEMBER:
        return "delete";
    case REQUEST_ADD_MEMBERS:
        return "add";
    case REQUEST_DISABLE_MEMBER:
        return "disable";
    case REQUEST_ENABLE_MEMBER:
        return "enable";
    }
    return "?";
}

void world_trace_send(const World *world, const Request *request)
{
    world_trace(world, "-> %s %s%s%s from %zu", trace_kind(request->kind),
                request->channel_id ? request->channel_id : "", request->member_id ? " " : "",
                request->member_id ? request->member_id : "", (size_t)request->offset);
}

static const char *trace_answer(const Answer *answer)
{
    static const char *const names[] = {"http",     "odd",       "timeout", "lost",
                                        "not sent", "untrusted", "refused"};

    return names[answer->kind];
}

void world_trace_answer(const World *world, const Request *request, const Answer *answer)
{
    world_trace(world, "<- %s %s%s%s: %s %d %s", trace_kind(request->kind),
                request->channel_id ? request->channel_id : "", request->member_id ? " " : "",
                request->member_id ? request->member_id : "", trace_answer(answer), answer->http,
                answer->code);
    if (answer->members)
        world_trace(world, "   %zu rows, total %zu", answer->members->row_count,
                    (size_t)answer->members->total);
}

void world_trace_print(const World *world)
{
    const WorldTrace *trace = world->trace;
    uint64_t first = trace->count > TRACE_LINES ? trace->count - TRACE_LINES : 0;

    for (uint64_t i = first; i < trace->count; i++)
        printf("%s\n", trace->lines[i % TRACE_LINES]);
}
