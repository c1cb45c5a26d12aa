/* SPDX-License-Identifier: MIT */
/* The index has each channel once, with its instance, in the order of the configuration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/channel_index.h"
#include "daemon/base/mem.h"

static void expect(const ChannelIndex *index, size_t instance, const size_t *numbers, size_t count)
{
    const ChannelNumbers own = channel_index_get(index, instance);

    assert_int_equal(own.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(own.items[i], numbers[i]);
}

static void channels_stand_with_their_instances(void **state)
{
    static const Instance instances[4] = {
        {.name = "a"}, {.name = "b"}, {.name = "c"}, {.name = "d"}};
    static const RosterChannel channels[] = {{.instance = 2}, {.instance = 0}, {.instance = 2},
                                             {.instance = 3}, {.instance = 0}, {.instance = 2}};
    const Config config = {.instances = instances,
                           .instance_count = ELEMENTS(instances),
                           .channels = channels,
                           .channel_count = ELEMENTS(channels)};
    ChannelIndex index;

    (void)state;
    assert_int_equal(channel_index_init(&index, &config), 0);
    expect(&index, 0, (const size_t[]){1, 4}, 2);
    expect(&index, 1, NULL, 0);
    expect(&index, 2, (const size_t[]){0, 2, 5}, 3);
    expect(&index, 3, (const size_t[]){3}, 1);
    channel_index_done(&index);
}

static void a_configuration_may_have_no_channels(void **state)
{
    static const Instance instances[1] = {{.name = "a"}};
    const Config config = {.instances = instances, .instance_count = 1};
    ChannelIndex index;

    (void)state;
    assert_int_equal(channel_index_init(&index, &config), 0);
    expect(&index, 0, NULL, 0);
    channel_index_done(&index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_stand_with_their_instances),
        cmocka_unit_test(a_configuration_may_have_no_channels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
