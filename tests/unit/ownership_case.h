/* SPDX-License-Identifier: MIT */
/* What a host does about one instance, as tests see it step by step: what it asks etcd for and
 * when, what the daemon is told, and with which words. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "reconcile/schedule/ownership.h"

#define HANDOVER (60 * USEC_PER_SEC)
#define BEGAN USEC_PER_DAY

/* A host with room, which is quiet; what was done since the last look. */
typedef struct Host {
    Ownership ownership;
    uint64_t now_usec, wake_usec;
    bool is_full, is_busy;
    Buf done;
} Host;

static inline uint64_t now_usec(void *context)
{
    return ((Host *)context)->now_usec;
}

static inline void wake_at(void *context, size_t instance, uint64_t usec)
{
    assert_int_equal(instance, 3);
    ((Host *)context)->wake_usec = usec;
}

static inline bool has_room(void *context)
{
    return !((Host *)context)->is_full;
}

static inline void note(void *context, const char *what, const char *why)
{
    Buf *done = &((Host *)context)->done;

    buf_printf(done, "%s%s%s%s", done->size > 0 ? "; " : "", what, why[0] ? ": " : "", why);
}

static inline void on_room(void *context)
{
    note(context, "room", "");
}

static inline void campaign(void *context, size_t instance)
{
    assert_int_equal(instance, 3);
    note(context, "campaign", "");
}

static inline void look(void *context, size_t instance)
{
    assert_int_equal(instance, 3);
    note(context, "look", "");
}

static inline void release(void *context, size_t instance, uint64_t token, bool has_waited)
{
    assert_int_equal(instance, 3);
    assert_int_equal(token, ((Host *)context)->ownership.token);
    assert_int_not_equal(token, 0);
    note(context, "release", has_waited ? "has waited" : "has not waited");
}

static inline void begin(void *context, size_t instance, uint64_t change_from_usec)
{
    const Host *host = context;

    assert_int_equal(instance, 3);
    if (change_from_usec != 0)
        assert_int_equal(change_from_usec, host->now_usec + HANDOVER);
    note(context, "begin", change_from_usec == 0 ? "at once" : "after handover");
}

static inline void stop(void *context, size_t instance, const char *why)
{
    assert_int_equal(instance, 3);
    note(context, "stop", why);
}

static inline void drop(void *context, size_t instance, const char *why)
{
    assert_int_equal(instance, 3);
    note(context, "drop", why);
}

static inline bool is_quiet(void *context, size_t instance)
{
    assert_int_equal(instance, 3);
    return !((Host *)context)->is_busy;
}

static const OwnershipOps ops = {.now_usec = now_usec,
                                 .wake_at = wake_at,
                                 .has_room = has_room,
                                 .on_room = on_room,
                                 .campaign = campaign,
                                 .look = look,
                                 .release = release,
                                 .begin = begin,
                                 .stop = stop,
                                 .drop = drop,
                                 .is_quiet = is_quiet};

static inline int setup(void **state)
{
    static Host host;

    host = (Host){.now_usec = BEGAN, .wake_usec = USEC_NEVER};
    ownership_init(&host.ownership, &ops, &host, 3, HANDOVER);
    *state = &host;
    return 0;
}

static inline int teardown(void **state)
{
    buf_done(&((Host *)*state)->done);
    return 0;
}

/* What was done since the last time, and when it wakes, from now on; USEC_NEVER: not. */
static inline void expect(Host *host, const char *done, uint64_t wakes_in_usec)
{
    assert_string_equal(buf_text(&host->done), done);
    buf_reset(&host->done);
    assert_int_equal(host->wake_usec,
                     wakes_in_usec == USEC_NEVER ? USEC_NEVER : host->now_usec + wakes_in_usec);
}

/* A timer fires once. */
static inline void on_time(Host *host)
{
    host->wake_usec = USEC_NEVER;
    ownership_on_time(&host->ownership);
}

static inline void campaigns(Host *host)
{
    ownership_on_owner(&host->ownership, OWNER_NOBODY, 1, 0);
    ownership_on_lease(&host->ownership);
    expect(host, "campaign", USEC_NEVER);
}

static inline void owns(Host *host)
{
    campaigns(host);
    ownership_on_won(&host->ownership, 7, true);
    expect(host, "begin: at once", USEC_NEVER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
