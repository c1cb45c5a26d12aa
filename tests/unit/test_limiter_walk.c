/* SPDX-License-Identifier: MIT */
/* All that may happen among three instances and the permits that they share, some steps far, and
 * what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "reconcile/request/limiter.h"
#include "tests/unit/story_text.h"
#include "tests/unit/walk.h"

#define USERS 3
#define BEGAN USEC_PER_DAY

typedef struct LimiterPlace {
    Limiter limiter;
    LimiterPeer peers[USERS];
    LimiterUser users[USERS];
    uint64_t now_usec;
} LimiterPlace;

/* The one of which something is tried stands here, whence the line's pointers are good. */
static LimiterPlace here;
static Buf *told;

static const char *const names[USERS] = {"a", "b", "c"};

static void on_wake(void *userdata)
{
    const LimiterUser *user = userdata;

    walk_note(told, "wake", names[user - here.users]);
}

typedef enum LimiterStep {
    STEP_TAKE,
    STEP_URGENT,
    STEP_END,
    STEP_REST,
    STEP_REST_WANTING,
    STEP_SILENT,
    STEP_LEAVE,
    STEP_KINDS,
    STEP_TURN = USERS * STEP_KINDS,
    STEP_LONG_TURN,
    STEPS,
} LimiterStep;

#define OF(step, user) ((step)*USERS + (user))

static const char *const steps[STEPS] = {
    "a takes",
    "b takes",
    "c takes",
    "a takes urgently",
    "b takes urgently",
    "c takes urgently",
    "a ends one",
    "b ends one",
    "c ends one",
    "a rests",
    "b rests",
    "c rests",
    "a rests and wants more",
    "b rests and wants more",
    "c rests and wants more",
    "a falls silent or is heard",
    "b falls silent or is heard",
    "c falls silent or is heard",
    "a leaves",
    "b leaves",
    "c leaves",
    "1 s passes",
    "10 s pass",
};

static bool may(const void *state, size_t step)
{
    const LimiterPlace *place = state;

    if (step >= STEP_TURN)
        return true;
    if (step / USERS == STEP_END)
        return place->users[step % USERS].used > 0;
    if (step / USERS == STEP_REST_WANTING)
        return place->users[step % USERS].is_waiting;
    return true;
}

static void take(void *state, size_t step, Buf *done)
{
    LimiterUser *user = &here.users[step % USERS];
    size_t kind = step / USERS;

    here = *(LimiterPlace *)state;
    told = done;
    if (step >= STEP_TURN)
        here.now_usec += step == STEP_TURN ? LIMITER_TURN_USEC : LIMITER_TURN_MAX_USEC;
    else if (kind == STEP_TAKE || kind == STEP_URGENT)
        walk_note(done,
                  limiter_take(user, kind == STEP_URGENT, here.now_usec) ? "gets it" : "waits", "");
    else if (kind == STEP_END)
        limiter_end(user);
    else if (kind == STEP_REST || kind == STEP_REST_WANTING)
        limiter_rest(user, kind == STEP_REST_WANTING);
    else if (kind == STEP_SILENT)
        here.peers[step % USERS].is_silent = !here.peers[step % USERS].is_silent;
    else
        limiter_leave(user);
    *(LimiterPlace *)state = here;
}

static void put(const void *state, Buf *buf)
{
    const LimiterUser *before = NULL;

    here = *(const LimiterPlace *)state;
    buf_printf(buf, "%zu held, %zu by silent ones, %zu active, line", here.limiter.held,
               here.limiter.silent, here.limiter.active);
    for (const LimiterUser *user = here.limiter.first; user; user = user->next) {
        assert_ptr_equal(user->previous, before);
        before = user;
        buf_printf(buf, " %s", names[user - here.users]);
    }
    assert_ptr_equal(here.limiter.last, before);
    for (size_t i = 0; i < USERS; i++) {
        const LimiterUser *user = &here.users[i];

        buf_printf(buf, "; %s %zu of %zu%s%s", names[i], user->used, user->held,
                   limiter_is_waiting(user) ? " waits" : "",
                   here.peers[i].is_silent ? " silent" : "");
        if (user->has_turn)
            buf_printf(buf, " turn of %llu s, %zu",
                       (unsigned long long)((here.now_usec - user->turn_usec) / USEC_PER_SEC),
                       user->turn_requests);
    }
}

static void walk_after(size_t total, size_t depth, const size_t *first, size_t count, Buf *buf)
{
    static LimiterPlace place;
    const Walk from = {.first = &place,
                       .state_size = sizeof(place),
                       .steps = steps,
                       .step_count = STEPS,
                       .depth = depth,
                       .may = may,
                       .take = take,
                       .put = put};
    _cleanup_(buf_done) Buf done = {0};

    here = (LimiterPlace){.limiter = {.total = total}, .now_usec = BEGAN};
    for (size_t i = 0; i < USERS; i++)
        limiter_join(&here.limiter, &here.users[i], &here.peers[i], on_wake, &here.users[i]);
    place = here;
    for (size_t i = 0; i < count; i++)
        take(&place, first[i], &done);
    buf_printf(buf, "%zu in all\n", total);
    walk(&from, buf);
    buf_putc(buf, '\n');
}

#define WALK_AFTER(total, depth, buf, ...)                                                         \
    walk_after(total, depth, (const size_t[]){__VA_ARGS__},                                        \
               ELEMENTS(((const size_t[]){__VA_ARGS__})), buf)

static void whatever_happens_among_instances(void **state)
{
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    WALK_AFTER(1, 2, &buf, OF(STEP_TAKE, 0), OF(STEP_TAKE, 1));
    WALK_AFTER(2, 1, &buf, OF(STEP_TAKE, 0), OF(STEP_TAKE, 0), OF(STEP_TAKE, 1), OF(STEP_TAKE, 2));
    WALK_AFTER(4, 1, &buf, OF(STEP_SILENT, 0), OF(STEP_TAKE, 0), OF(STEP_TAKE, 0), OF(STEP_TAKE, 0),
               OF(STEP_TAKE, 1));
    WALK_AFTER(3, 2, &buf, OF(STEP_TAKE, 0), OF(STEP_TAKE, 0), OF(STEP_TAKE, 0), OF(STEP_TAKE, 1),
               OF(STEP_TAKE, 2), OF(STEP_END, 0));
    story_text_check("permits", &buf);
}

/* A turn is over after its time and its requests, or its longest time, and not before. */
static void a_turn_is_over(void **state)
{
    static const struct {
        size_t requests;
        uint64_t usec;
        bool is_over;
    } rows[] = {
        {LIMITER_TURN_REQUESTS, LIMITER_TURN_USEC, true},
        {LIMITER_TURN_REQUESTS, LIMITER_TURN_USEC - 1, false},
        {LIMITER_TURN_REQUESTS - 1, LIMITER_TURN_USEC, false},
        {LIMITER_TURN_REQUESTS - 1, LIMITER_TURN_MAX_USEC - 1, false},
        {1, LIMITER_TURN_MAX_USEC, true},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        _cleanup_(buf_done) Buf done = {0};

        told = &done;
        here = (LimiterPlace){.limiter = {.total = 1}, .now_usec = BEGAN};
        for (size_t k = 0; k < USERS; k++)
            limiter_join(&here.limiter, &here.users[k], &here.peers[k], on_wake, &here.users[k]);
        for (size_t k = 0; k < rows[i].requests; k++) {
            assert_true(limiter_take(&here.users[0], false, BEGAN));
            limiter_end(&here.users[0]);
        }
        assert_false(limiter_take(&here.users[1], false, BEGAN));
        assert_int_equal(limiter_take(&here.users[0], false, BEGAN + rows[i].usec),
                         !rows[i].is_over);
        assert_string_equal(buf_text(&done), rows[i].is_over ? "wake b" : "");
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happens_among_instances),
        cmocka_unit_test(a_turn_is_over),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
