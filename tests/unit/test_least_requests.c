/* SPDX-License-Identifier: MIT */
/* A whole pass asks the service for no more than it must, whatever there is to do. test_lookup.c
 * has the shapes in which channels are found. */
#include "tests/world/world.h"

#include <inttypes.h>

#include "reconcile/plan/listing.h"

#define CHANNELS 3

typedef enum Shape {
    SHAPE_CHANGES, /* its extras are deleted */
    SHAPE_OBSERVES,
    SHAPE_IS_PAUSED,
    SHAPE_IS_HELD, /* by a guard */
    SHAPE_COUNT,
} Shape;

static const struct {
    size_t kept, extras;
} sizes[] = {
    {1, 0}, {3, 2}, {0, 0}, {499, 1}, {500, 1}, {501, 0}, {998, 1}, {999, 1}, {1, 499},
};

/* A list is whole where each page begins with the last row of the one before, so that the first
 * tells of a page's rows and each other of one less. */
static uint32_t least_pages(size_t rows)
{
    size_t more = rows > LISTING_PAGE_SIZE ? rows - LISTING_PAGE_SIZE : 0;

    return (uint32_t)(1 + (more + LISTING_PAGE_SIZE - 2) / (LISTING_PAGE_SIZE - 1));
}

/* One answer tells of all channels, a member goes by a request of its own, and what was changed is
 * read once more. */
static uint32_t least_requests(Shape shape, size_t kept, size_t extras)
{
    uint32_t each = least_pages(kept + extras);

    if (shape == SHAPE_CHANGES && extras > 0)
        each += (uint32_t)extras + least_pages(kept);
    return 1 + CHANNELS * each;
}

static World *world_of(Shape shape, size_t kept, size_t extras)
{
    static const char *const names[CHANNELS] = {"a", "b", "c"};
    World *world = world_new(1);

    world->config.limits.pass_deadline_usec = USEC_PER_DAY;
    for (size_t i = 0; i < CHANNELS; i++) {
        WorldChannel *channel = world_add_usual(world, names[i], kept, extras);

        channel->is_paused = shape == SHAPE_IS_PAUSED;
        if (shape == SHAPE_OBSERVES)
            world->rosters[i].mode = MODE_OBSERVE;
        if (shape == SHAPE_IS_HELD)
            world->rosters[i].guards.max_deletes = 0;
    }
    return world;
}

static void test_a_pass_asks_for_the_least(void **state)
{
    (void)state;
    for (Shape shape = 0; shape < SHAPE_COUNT; shape++) {
        for (size_t i = 0; i < ELEMENTS(sizes); i++) {
            size_t kept = sizes[i].kept, extras = sizes[i].extras;
            World *world = world_of(shape, kept, extras);

            world_pass(world);
            if (world->send_count != least_requests(shape, kept, extras))
                fail_msg("shape %d, %zu members and %zu extras: %" PRIu64 " requests, not %" PRIu32,
                         (int)shape, kept, extras, (uint64_t)world->send_count,
                         least_requests(shape, kept, extras));
            world_free(world);
        }
    }
}

/* The next pass finds nothing to do, and asks for no more than that takes. */
static void test_a_pass_after_it_asks_for_the_lists_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(sizes); i++) {
        World *world = world_of(SHAPE_CHANGES, sizes[i].kept, sizes[i].extras);

        world_pass(world);
        world_pass(world);
        assert_int_equal(world->send_count, least_requests(SHAPE_CHANGES, sizes[i].kept, 0));
        world_free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pass_asks_for_the_least),
        cmocka_unit_test(test_a_pass_after_it_asks_for_the_lists_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
