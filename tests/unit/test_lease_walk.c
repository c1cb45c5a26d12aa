/* SPDX-License-Identifier: MIT */
/* All that may happen to a lease, some steps far, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "reconcile/schedule/lease.h"
#include "tests/unit/story_text.h"
#include "tests/unit/walk.h"

#define BEGAN USEC_PER_DAY

/* What the machine that walks is told, and what it does. */
static struct {
    uint64_t now_usec;
    Buf *done;
} env;

static uint64_t env_now(void *context)
{
    (void)context;
    return env.now_usec;
}

typedef struct LeasePlace {
    Lease lease;
    uint64_t now_usec;
} LeasePlace;

static void env_lease_wake_at(void *context, uint64_t usec)
{
    (void)context;
    walk_note_wake(env.done, usec, env.now_usec);
}

static void env_grant(void *context, uint64_t ttl_usec, uint64_t timeout_usec)
{
    (void)context;
    walk_note(env.done, "grant", "");
    walk_put_moment(env.done, " of", ttl_usec, 0);
    walk_put_moment(env.done, " within", timeout_usec, 0);
}

static void env_renew(void *context, int64_t id, uint64_t timeout_usec)
{
    (void)context;
    assert_int_equal(id, 77);
    walk_note(env.done, "renew", "");
    walk_put_moment(env.done, " within", timeout_usec, 0);
}

static void env_revoke(void *context, int64_t id)
{
    (void)context;
    walk_note(env.done, "revoke", id == 77 ? "it" : id == 0 ? "none" : "another");
}

static void env_on_held(void *context)
{
    (void)context;
    walk_note(env.done, "held", "");
}

static void env_on_lost(void *context, const char *why)
{
    (void)context;
    walk_note(env.done, "lost:", why);
}

static const LeaseOps lease_ops = {
    .now_usec = env_now,
    .wake_at = env_lease_wake_at,
    .grant = env_grant,
    .renew = env_renew,
    .revoke = env_revoke,
    .on_held = env_on_held,
    .on_lost = env_on_lost,
};

typedef enum LeaseStep {
    LEASE_STEP_BEGIN,
    LEASE_STEP_EARLY,
    LEASE_STEP_TIME,
    LEASE_STEP_GRANTED,
    LEASE_STEP_NOT_GRANTED,
    LEASE_STEP_RENEWED,
    LEASE_STEP_UNKNOWN,
    LEASE_STEP_UNANSWERED,
    LEASE_STEP_GONE,
    LEASE_STEP_END,
    LEASE_STEP_WAIT,
    LEASE_STEP_WAIT_LONG,
} LeaseStep;

static const char *const lease_steps[] = {
    "begin",   "too early",  "its time", "granted for 20 s", "none granted", "renewed",
    "unknown", "unanswered", "gone",     "given back",       "2 s pass",     "19.6 s pass",
};

static bool lease_may(const void *state, size_t step)
{
    const Lease *lease = &((const LeasePlace *)state)->lease;

    if (step == LEASE_STEP_BEGIN)
        return lease->state == LEASE_NONE && lease->next_usec == USEC_NEVER;
    if (step == LEASE_STEP_EARLY || step == LEASE_STEP_TIME)
        return lease->next_usec != USEC_NEVER || lease->state == LEASE_HELD;
    if (step == LEASE_STEP_GRANTED || step == LEASE_STEP_NOT_GRANTED)
        return lease->state == LEASE_ASKED;
    if (step == LEASE_STEP_RENEWED || step == LEASE_STEP_UNKNOWN)
        return lease->is_renewing;
    return true;
}

/* To the moment that it waits for: the next try, or its end where that comes first. */
static void lease_come(Lease *lease, bool is_early)
{
    uint64_t next_usec = lease->next_usec;

    if (lease->state == LEASE_HELD && lease->end_usec < next_usec)
        next_usec = lease->end_usec;
    if (next_usec > env.now_usec)
        env.now_usec = next_usec - is_early;
    lease_on_time(lease);
    env.now_usec += is_early && next_usec > env.now_usec;
}

static void lease_take(void *state, size_t step, Buf *done)
{
    LeasePlace *place = state;
    Lease *lease = &place->lease;

    env.done = done;
    env.now_usec = place->now_usec;
    if (step == LEASE_STEP_BEGIN)
        lease_begin(lease);
    else if (step == LEASE_STEP_EARLY || step == LEASE_STEP_TIME)
        lease_come(lease, step == LEASE_STEP_EARLY);
    else if (step == LEASE_STEP_GRANTED || step == LEASE_STEP_NOT_GRANTED)
        lease_on_granted(lease, 77, step == LEASE_STEP_GRANTED ? 20 * USEC_PER_SEC : 0);
    else if (step == LEASE_STEP_RENEWED || step == LEASE_STEP_UNKNOWN)
        lease_on_renewed(lease, step == LEASE_STEP_RENEWED ? 12 * USEC_PER_SEC : 0);
    else if (step == LEASE_STEP_UNANSWERED)
        lease_on_unanswered(lease);
    else if (step == LEASE_STEP_GONE)
        lease_on_gone(lease);
    else if (step == LEASE_STEP_END)
        lease_end(lease);
    else
        env.now_usec += step == LEASE_STEP_WAIT ? 2 * USEC_PER_SEC : 19600 * USEC_PER_MSEC;
    place->now_usec = env.now_usec;
}

static void lease_put(const void *state, Buf *buf)
{
    static const char *const words[] = {"none", "asked", "held", "over"};
    static const uint64_t timeouts[] = {2, 5, 15};
    const LeasePlace *place = state;
    const Lease *lease = &place->lease;

    env.now_usec = place->now_usec;
    buf_printf(buf, "%s, id %d", words[lease->state], (int)lease->id);
    walk_put_moment(buf, ", next", lease->next_usec, place->now_usec);
    if (lease->state == LEASE_HELD) {
        walk_put_moment(buf, ", ttl", lease->ttl_usec, 0);
        walk_put_moment(buf, ", end", lease->end_usec, place->now_usec);
    }
    if (lease->state == LEASE_ASKED || lease->is_renewing)
        walk_put_moment(buf, ", asked", lease->asked_usec, place->now_usec);
    buf_printf(buf, "%s, %u failures, %s, allows", lease->is_renewing ? ", renewing" : "",
               lease->failures, lease_is_held(lease) ? "is held" : "is not held");
    for (size_t i = 0; i < ELEMENTS(timeouts); i++)
        buf_printf(buf, " %.1f",
                   (double)lease_allows_usec(lease, timeouts[i] * USEC_PER_SEC) /
                       (double)USEC_PER_SEC);
}

static void whatever_happens_to_a_lease(void **state)
{
    LeasePlace first = {.now_usec = BEGAN};
    const Walk lease_walk = {
        .first = &first,
        .state_size = sizeof(first),
        .steps = lease_steps,
        .step_count = ELEMENTS(lease_steps),
        .depth = 6,
        .may = lease_may,
        .take = lease_take,
        .put = lease_put,
    };
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    env.now_usec = BEGAN;
    lease_init(&first.lease, &lease_ops, NULL, 20 * USEC_PER_SEC);
    walk(&lease_walk, &buf);
    story_text_check("a_lease", &buf);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_to_a_lease),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
