/* SPDX-License-Identifier: MIT */
/* What calls that read tell of a state that has something of everything, as text; and that each
 * statement of them may fail. */
#pragma once

#include "tests/unit/failing.h"
#include "tests/unit/statement_world.h"

/* One call that reads. */
typedef struct ReadCall {
    const char *name;
    int (*call)(Store *store, Buf *text, Err *err);
    enum { BY_ALL, BY_WRITER, BY_WRITER_ONCE } by; /* once: it changes what it tells of */
    const char *told;
} ReadCall;

static inline const char *shown(const char *text)
{
    return text ? text : "-";
}

/* Times about NOW as seconds from it. */
static inline void show_time(Buf *text, const char *name, uint64_t usec)
{
    if (usec > NOW / 2)
        buf_printf(text, " %s=NOW%+lld", name,
                   (long long)((int64_t)(usec - NOW) / (int64_t)USEC_PER_SEC));
    else
        buf_printf(text, " %s=%llu", name, (unsigned long long)(usec / USEC_PER_SEC));
}

static inline void show_scope(Buf *text, const StoreScope *scope)
{
    buf_printf(text, "%s|%s|%s|%s", shown(scope->instance_key), shown(scope->instance_name),
               shown(scope->channel_id), shown(scope->channel_name));
}

static inline void show_bytes(Buf *text, const void *bytes, size_t size)
{
    buf_printf(text, " \"%.*s\"", (int)size, (const char *)bytes);
}

/* With the statement of that number failing; whether there is one. */
static inline bool read_fails_at(Store *store, const ReadCall *call, long statement)
{
    Buf text = {0};
    Err err = {0};
    int r;

    statement_fail_after(statement);
    r = call->call(store, &text, &err);
    statement_stop();
    if (statement_did_fail() ? r != -ENOSPC || text.size > 0 || !strstr(err.text, "disk full")
                             : r < 0 || strcmp(buf_text(&text), call->told) != 0)
        fail_msg("%s, %ld: %d, %s\n%s", call->name, statement, r, err.text, buf_text(&text));
    buf_done(&text);
    return statement_did_fail();
}

/* With that allocation failing, SQLite's too, which may do without; whether there is one. What is
 * shown takes memory as well. */
static inline bool read_lacks_memory_at(Store *store, const ReadCall *call, long allocation)
{
    Buf text = {0};
    Err err = {0};
    bool is_shown;
    int r;

    failing_after(allocation);
    r = call->call(store, &text, &err);
    failing_stop();
    is_shown = strcmp(buf_text(&text), call->told) == 0 || (failing_did() && r >= 0);
    if (r < 0
            ? !failing_did() || r != -ENOMEM || text.size > 0 || !strstr(err.text, "out of memory")
            : !is_shown)
        fail_msg("%s, allocation %ld: %d, %s\n%s", call->name, allocation, r, err.text,
                 buf_text(&text));
    buf_done(&text);
    return failing_did();
}

/* Each by the writer, and by a Store for reading. */
static inline void read_check(void **state, const ReadCall *calls, size_t count)
{
    Folder *folder = *state;
    Store *store, *reader;

    fill(folder);
    store = folder_open(folder);
    reader = folder_open_read_only(folder);
    for (size_t i = 0; i < count; i++) {
        for (long number = 0; calls[i].by != BY_WRITER_ONCE && failing_is_possible() &&
                              read_lacks_memory_at(store, &calls[i], number);
             number++)
            ;
        for (long statement = 0; read_fails_at(store, &calls[i], statement); statement++)
            ;
        for (long statement = 0;
             calls[i].by == BY_ALL && read_fails_at(reader, &calls[i], statement); statement++)
            ;
    }
    store_free(reader);
    store_free(store);
}
