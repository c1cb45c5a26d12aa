/* SPDX-License-Identifier: MIT */
/* What the other hosts of a fleet are told of a pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/report/fleet_record.h"

#define CHANNELS 40

static Guard max_deletes = {.name = GUARD_MAX_DELETES, .planned = 40, .limit = 10};

static ChannelReport channel_of(const char *instance, const char *name, Result result)
{
    static const Err failure = {.text = "it is not there"};
    ChannelReport channel = {.instance_name = instance, .name = name, .result = result};

    if (result == RESULT_HELD) {
        channel.guards = &max_deletes;
        channel.guard_count = 1;
    }
    if (result == RESULT_FAILED)
        channel.error = &failure;
    return channel;
}

static void assert_has(const Buf *record, const char *part)
{
    if (!strstr(record->data, part))
        fail_msg("%s is not in %s", part, record->data);
}

static void test_each_instance_is_told_for_itself(void **state)
{
    ChannelReport channels[] = {
        channel_of("prod", "payments", RESULT_HELD),
        channel_of("test", "payments", RESULT_IN_SYNC),
        channel_of("prod", "orders", RESULT_CONVERGED),
        channel_of("prod", "gone", RESULT_FAILED),
    };
    InstanceReport instances[] = {{.name = "prod", .digest = "d1"}, {.name = "test"}};
    const Report report = {
        .pass_id = "p-1",
        .roster_digest = "r1",
        .channels = channels,
        .channel_count = 4,
        .instances = instances,
        .instance_count = 2,
    };
    _cleanup_(buf_done) Buf prod = {0}, test = {0};

    (void)state;
    assert_int_equal(fleet_record_append(&report, 0, 0, &prod), 0);
    assert_has(&prod, "\"pass\":\"p-1\",\"ended\":\"1970-01-01T00:00:00Z\"");
    assert_has(&prod, "\"result\":\"failed\",\"digest\":\"d1\",\"channels\":3");
    assert_has(&prod, "\"results\":{\"converged\":1,\"held\":1,\"failed\":1}");
    assert_has(&prod, "\"held\":[{\"channel\":\"payments\",\"guards\":[{\"name\":\"max_deletes\"");
    assert_has(&prod, "\"failed\":[{\"channel\":\"gone\",\"error\":{");
    assert_int_equal(fleet_record_append(&report, 1, 0, &test), 0);
    assert_has(&test, "\"result\":\"in_sync\",\"digest\":null,\"channels\":1");
    assert_has(&test, "\"held\":[],\"failed\":[]");
}

static void test_it_names_no_more_than_a_few(void **state)
{
    ChannelReport channels[CHANNELS];
    InstanceReport instance = {.name = "prod"};
    const Report report = {.pass_id = "p-1",
                           .channels = channels,
                           .channel_count = CHANNELS,
                           .instances = &instance,
                           .instance_count = 1};
    _cleanup_(buf_done) Buf record = {0};
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < CHANNELS; i++)
        channels[i] = channel_of("prod", "payments", RESULT_HELD);
    assert_int_equal(fleet_record_append(&report, 0, 0, &record), 0);
    for (const char *at = record.data; (at = strstr(at, "\"channel\":")); at++)
        count++;
    assert_int_equal(count, FLEET_RECORD_CHANNELS_MAX);
    assert_has(&record, "\"results\":{\"held\":40}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_instance_is_told_for_itself),
        cmocka_unit_test(test_it_names_no_more_than_a_few),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
