/* SPDX-License-Identifier: MIT */
/* The permits of all instances: how many, whose turn it is, and that nobody is left waiting. */
#include "tests/world/world.h"

#include "reconcile/request/limiter.h"

#define USERS_MAX 40
#define SOON (LIMITER_TURN_USEC / 2)
#define LATE (2 * LIMITER_TURN_USEC)

typedef struct Sender {
    LimiterUser user;
    LimiterPeer peer;
    unsigned int wakes;
} Sender;

typedef struct Crowd {
    Limiter limiter;
    Sender senders[USERS_MAX];
} Crowd;

static void on_wake(void *userdata)
{
    ((Sender *)userdata)->wakes++;
}

static void crowd_init(Crowd *crowd, size_t total, bool is_silent)
{
    *crowd = (Crowd){.limiter = {.total = total}};
    for (size_t i = 0; i < USERS_MAX; i++) {
        Sender *sender = &crowd->senders[i];

        sender->peer.is_silent = is_silent;
        limiter_join(&crowd->limiter, &sender->user, &sender->peer, on_wake, sender);
    }
}

static bool take(Crowd *crowd, size_t number, uint64_t now_usec)
{
    return limiter_take(&crowd->senders[number].user, false, now_usec);
}

/* A request ends, and nothing more is to be sent. */
static void give(Crowd *crowd, size_t number)
{
    limiter_end(&crowd->senders[number].user);
    limiter_rest(&crowd->senders[number].user, false);
}

static void test_no_more_than_there_are(void **state)
{
    Crowd crowd;

    (void)state;
    crowd_init(&crowd, 3, false);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(take(&crowd, i, 1), i < 3);
    give(&crowd, 1);
    assert_int_equal(crowd.senders[3].wakes, 1);
    assert_int_equal(crowd.senders[4].wakes, 0);
    assert_false(take(&crowd, 1, 2));
    assert_true(take(&crowd, 3, 3));
    give(&crowd, 0);
    assert_int_equal(crowd.senders[4].wakes, 1);
    assert_int_equal(crowd.senders[1].wakes, 0);
}

static void test_one_alone_has_all(void **state)
{
    Crowd crowd;

    (void)state;
    crowd_init(&crowd, 4, false);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(take(&crowd, 0, 1), i < 4);
    assert_true(limiter_is_waiting(&crowd.senders[0].user));
    limiter_end(&crowd.senders[0].user);
    assert_true(take(&crowd, 0, 2));
}

/* Its requests go on, and it takes no further ones beside them. */
static void test_no_more_than_its_share_while_others_wait(void **state)
{
    Crowd crowd;

    (void)state;
    crowd_init(&crowd, 4, false);
    for (size_t i = 0; i < 4; i++)
        assert_true(take(&crowd, 0, 1));
    assert_false(take(&crowd, 1, 1));
    assert_false(take(&crowd, 0, 1));
    give(&crowd, 0);
    assert_true(take(&crowd, 1, 2));
    assert_false(take(&crowd, 1, 2));
    assert_false(take(&crowd, 0, 2));
    give(&crowd, 0);
    assert_int_equal(crowd.senders[1].user.held, 2);
    assert_int_equal(crowd.senders[0].user.held, 2);
}

/* A permit comes free while some are in line, and the first of these has `held` already: more only
 * below its share, which is one at least. */
static void test_how_many_are_a_share(void **state)
{
    static const struct {
        size_t total, waiting, held;
        bool gets_more;
    } rows[] = {
        {2, 2, 1, false}, {3, 1, 1, false}, {5, 1, 1, false}, {6, 1, 1, true},  {6, 1, 2, false},
        {6, 2, 1, false}, {7, 2, 1, false}, {8, 2, 1, true},  {8, 2, 2, false}, {9, 1, 2, true},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Crowd crowd;

        crowd_init(&crowd, rows[i].total, false);
        for (size_t k = 0; k < rows[i].total; k++)
            assert_true(take(&crowd, k < rows[i].held ? 0 : 1, 1));
        for (size_t k = 0; k < rows[i].waiting; k++)
            assert_false(take(&crowd, 2 + k, 1));
        assert_false(limiter_take(&crowd.senders[0].user, true, 1));
        give(&crowd, 1);
        assert_int_equal(crowd.senders[0].wakes, rows[i].gets_more);
        assert_int_equal(crowd.senders[0].user.held, rows[i].held + rows[i].gets_more);
        assert_int_equal(crowd.senders[2].wakes, !rows[i].gets_more);
        assert_int_equal(crowd.limiter.held, rows[i].total);
    }
}

static void test_a_permit_is_kept_for_a_turn(void **state)
{
    Crowd crowd;

    (void)state;
    crowd_init(&crowd, 1, false);
    assert_true(take(&crowd, 0, 1));
    assert_false(take(&crowd, 1, 1));
    for (uint64_t usec = 2; usec < SOON; usec += SOON / 8) {
        limiter_end(&crowd.senders[0].user);
        assert_true(take(&crowd, 0, usec));
        limiter_rest(&crowd.senders[0].user, false);
    }
    limiter_end(&crowd.senders[0].user);
    assert_false(take(&crowd, 0, LATE));
    limiter_rest(&crowd.senders[0].user, true);
    assert_int_equal(crowd.senders[1].wakes, 1);
    assert_true(take(&crowd, 1, LATE));
    give(&crowd, 1);
    assert_int_equal(crowd.senders[0].wakes, 1);
    assert_true(take(&crowd, 0, LATE));
}

/* Where each answer takes long, it is for some requests all the same, unless that takes very long.
 */
static void test_a_turn_is_for_some_requests(void **state)
{
    Crowd crowd;

    (void)state;
    crowd_init(&crowd, 1, false);
    assert_true(take(&crowd, 0, 1));
    assert_false(take(&crowd, 1, 1));
    for (size_t i = 1; i < 4; i++) {
        limiter_end(&crowd.senders[0].user);
        assert_true(take(&crowd, 0, i * LATE));
    }
    limiter_end(&crowd.senders[0].user);
    assert_false(take(&crowd, 0, 1 + LIMITER_TURN_MAX_USEC));
}

static void test_a_turn_goes_on_where_nobody_waits(void **state)
{
    Crowd crowd;

    (void)state;
    crowd_init(&crowd, 1, false);
    assert_true(take(&crowd, 0, 1));
    limiter_end(&crowd.senders[0].user);
    assert_true(take(&crowd, 0, LATE));
}

static void test_what_completes_a_change_goes_first(void **state)
{
    Crowd crowd;

    (void)state;
    crowd_init(&crowd, 1, false);
    assert_true(take(&crowd, 0, 1));
    assert_false(take(&crowd, 1, 1));
    assert_false(take(&crowd, 2, 1));
    assert_false(limiter_take(&crowd.senders[2].user, true, 1));
    give(&crowd, 0);
    assert_int_equal(crowd.senders[2].wakes, 1);
    assert_int_equal(crowd.senders[1].wakes, 0);
}

static void test_the_silent_have_half(void **state)
{
    Crowd crowd;

    (void)state;
    crowd_init(&crowd, 6, true);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(take(&crowd, i, 1), i < 3);
    crowd.senders[8].peer.is_silent = crowd.senders[9].peer.is_silent = false;
    assert_true(take(&crowd, 8, 2));
    assert_true(take(&crowd, 9, 2));
    assert_int_equal(crowd.limiter.held, 5);
    /* One is heard: what it holds counts among the others', and the next silent one has its turn.
     */
    crowd.senders[0].peer.is_silent = false;
    give(&crowd, 0);
    assert_int_equal(crowd.senders[3].wakes, 1);
    assert_int_equal(crowd.senders[4].wakes, 0);
}

static void test_one_permit_is_enough_for_the_silent(void **state)
{
    Crowd crowd;

    (void)state;
    crowd_init(&crowd, 1, true);
    assert_true(take(&crowd, 0, 1));
    give(&crowd, 0);
    assert_true(take(&crowd, 1, 2));
}

static void test_who_leaves_leaves_nothing(void **state)
{
    Crowd crowd;

    (void)state;
    crowd_init(&crowd, 2, false);
    assert_true(take(&crowd, 0, 1));
    assert_true(take(&crowd, 0, 1));
    assert_false(take(&crowd, 1, 1));
    assert_false(take(&crowd, 2, 1));
    limiter_leave(&crowd.senders[1].user);
    limiter_leave(&crowd.senders[0].user);
    limiter_leave(&crowd.senders[0].user);
    assert_int_equal(crowd.senders[1].wakes, 0);
    assert_int_equal(crowd.senders[2].wakes, 1);
    limiter_leave(&crowd.senders[2].user);
    assert_int_equal(crowd.limiter.held + crowd.limiter.active + crowd.limiter.silent, 0);
    assert_null(crowd.limiter.first);
}

static void test_without_a_limiter_there_is_always_one(void **state)
{
    LimiterUser user;

    (void)state;
    limiter_join(NULL, &user, NULL, NULL, NULL);
    for (size_t i = 0; i < 1000; i++)
        assert_true(limiter_take(&user, false, i));
    limiter_end(&user);
    limiter_rest(&user, false);
    limiter_leave(&user);
}

/* Who would go on has permits, stands in line, or has not asked. */
typedef struct Walk {
    Crowd crowd;
    size_t left[USERS_MAX];      /* requests still to be sent */
    size_t in_flight[USERS_MAX]; /* of each */
    uint64_t now_usec;
} Walk;

static void walk_pump(Walk *walk, size_t number)
{
    LimiterUser *user = &walk->crowd.senders[number].user;
    bool is_permitted = true;

    while (walk->left[number] > 0 && walk->in_flight[number] < 8 && is_permitted) {
        is_permitted = limiter_take(user, false, walk->now_usec);
        walk->left[number] -= is_permitted;
        walk->in_flight[number] += is_permitted;
    }
    limiter_rest(user, !is_permitted);
    walk->crowd.senders[number].wakes = 0;
    assert_int_equal(user->used, walk->in_flight[number]);
}

static size_t walk_count_in_flight(const Walk *walk)
{
    size_t in_flight = 0;

    for (size_t i = 0; i < USERS_MAX; i++)
        in_flight += walk->in_flight[i];
    return in_flight;
}

/* The first of them are silent: their requests end late, and they would have more for ever. All
 * others come to their end by answers and wakes alone. */
static void walk_to_the_end(World *world, size_t total, size_t silent_count)
{
    Walk walk = {.now_usec = 1};
    size_t open = 0;

    crowd_init(&walk.crowd, total, false);
    for (size_t i = 0; i < USERS_MAX; i++) {
        walk.left[i] = i < silent_count ? SIZE_MAX : 1 + world_below(world, 30);
        open += i < silent_count ? 0 : walk.left[i];
    }
    for (size_t i = 0; i < USERS_MAX; i++)
        walk_pump(&walk, i);
    for (size_t steps = 0; open > 0; steps++) {
        size_t number = world_below(world, USERS_MAX);
        Sender *sender = &walk.crowd.senders[number];
        bool is_silent = number < silent_count;

        assert_true(steps < 1000000);
        walk.now_usec += world_below(world, LIMITER_TURN_USEC / 10);
        if (walk.in_flight[number] > 0 && (!is_silent || world_chance(world, 2))) {
            sender->peer.is_silent = is_silent;
            walk.in_flight[number]--;
            open -= !is_silent;
            limiter_end(&sender->user);
            walk_pump(&walk, number);
        } else if (sender->wakes > 0) {
            walk_pump(&walk, number);
        }
        assert_in_range(walk_count_in_flight(&walk), 0, total);
    }
}

static void test_however_many_are_silent_the_others_end(void **state)
{
    World *world = world_new(1);

    (void)state;
    for (size_t total = 2; total <= 50; total += 3) {
        for (size_t silent_count = 0; silent_count < USERS_MAX; silent_count += 13)
            walk_to_the_end(world, total, silent_count);
    }
    walk_to_the_end(world, 1, 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_more_than_there_are),
        cmocka_unit_test(test_one_alone_has_all),
        cmocka_unit_test(test_no_more_than_its_share_while_others_wait),
        cmocka_unit_test(test_how_many_are_a_share),
        cmocka_unit_test(test_a_permit_is_kept_for_a_turn),
        cmocka_unit_test(test_a_turn_is_for_some_requests),
        cmocka_unit_test(test_a_turn_goes_on_where_nobody_waits),
        cmocka_unit_test(test_what_completes_a_change_goes_first),
        cmocka_unit_test(test_the_silent_have_half),
        cmocka_unit_test(test_one_permit_is_enough_for_the_silent),
        cmocka_unit_test(test_who_leaves_leaves_nothing),
        cmocka_unit_test(test_without_a_limiter_there_is_always_one),
        cmocka_unit_test(test_however_many_are_silent_the_others_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
