/* SPDX-License-Identifier: MIT */
#include "daemon/report/failures.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/map.h"
#include "daemon/json/json_value.h"
#include "daemon/report/row.h"
#include "reconcile/report/report.h"

/* The instance and what it said, or nothing where the channel was read. */
static int failures_key(const Json *channel, Buf *key)
{
    const char *message = row_text(json_find(channel, "error"), "message");

    if (row_was_read(channel) || !message[0])
        return 0;
    buf_puts(key, row_text(channel, "instance"));
    buf_putc(key, '\n');
    buf_puts(key, message);
    return buf_failed(key);
}

static int failures_add(Failures *failures, size_t number, const Json *channel, Map *known,
                        Arena *keys)
{
    _cleanup_(buf_done) Buf key = {0};
    int r = failures_key(channel, &key);
    size_t *first;

    failures->firsts[number] = number;
    failures->counts[number] = 1;
    if (r < 0 || key.size == 0)
        return r;
    first = map_find(known, key.data, key.size);
    if (!first) {
        const char *kept = arena_copy(keys, key.data, key.size);

        return kept ? map_put(known, kept, key.size, &failures->firsts[number]) : -ENOMEM;
    }
    failures->firsts[number] = *first;
    failures->counts[*first]++;
    return 0;
}

/* A channel with another reason, or with none, says that it is not the instance's. */
static int failures_judge(Failures *failures, const Json *root)
{
    _cleanup_(map_done) Map instances = {0};
    int r = 0;

    for (size_t i = 0; i < failures->count; i++)
        failures->wholes[i] = failures->counts[i] > 1;
    for (size_t i = 0; i < failures->count && r >= 0; i++) {
        const Json *channel = row_at(root, "channels", i);
        const char *name = row_text(channel, "instance");
        size_t *first = map_find(&instances, name, strlen(name));

        if (report_result_of(row_text(channel, "result")) == RESULT_UNMANAGEABLE)
            failures->wholes[failures->firsts[i]] = false;
        else if (!first)
            r = map_put(&instances, name, strlen(name), &failures->firsts[i]);
        else if (*first != failures->firsts[i])
            failures->wholes[*first] = failures->wholes[failures->firsts[i]] = false;
    }
    return r < 0 ? r : 0;
}

int failures_collect(Failures *failures, const Json *root)
{
    _cleanup_(map_done) Map known = {0};
    Arena keys = {0};
    int r = 0;

    *failures = (Failures){.count = row_count(root, "channels")};
    failures->firsts = calloc(failures->count + 1, sizeof(*failures->firsts));
    failures->counts = calloc(failures->count + 1, sizeof(*failures->counts));
    failures->wholes = calloc(failures->count + 1, sizeof(*failures->wholes));
    if (!failures->firsts || !failures->counts || !failures->wholes)
        return -ENOMEM;
    for (size_t i = 0; i < failures->count && r >= 0; i++)
        r = failures_add(failures, i, row_at(root, "channels", i), &known, &keys);
    arena_done(&keys);
    return r < 0 ? r : failures_judge(failures, root);
}

void failures_done(Failures *failures)
{
    free(failures->firsts);
    free(failures->counts);
    free(failures->wholes);
    *failures = (Failures){0};
}

bool failures_is_shared(const Failures *failures, size_t number)
{
    return failures_count(failures, number) > 1;
}

bool failures_is_first(const Failures *failures, size_t number)
{
    assert(number < failures->count);
    return failures->firsts[number] == number;
}

size_t failures_count(const Failures *failures, size_t number)
{
    assert(number < failures->count);
    return failures->counts[failures->firsts[number]];
}

bool failures_is_of_instance(const Failures *failures, size_t number)
{
    assert(number < failures->count);
    return failures->wholes[failures->firsts[number]];
}
