/* SPDX-License-Identifier: MIT */
/* A channel put part by part, whatever its lists hold: the same as put at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/report/json.h"

#define ROWS_MAX (2 * REPORT_PART_ROWS + 1)

static MissingReport missing[ROWS_MAX];
static ExtraReport extras[ROWS_MAX];
static AddedReport added[ROWS_MAX];

static int fill_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS_MAX; i++) {
        missing[i] = (MissingReport){.group = "", .address = "10.1.0.1", .port = 80};
        extras[i] = (ExtraReport){.id = "m1", .group = "blue", .address = "10.9.0.1", .port = 80};
        added[i] = (AddedReport){.group = "", .address = "10.2.0.1", .port = 80};
    }
    return 0;
}

static void put_in_parts(const ChannelReport *channel, Buf *buf)
{
    JsonWriter writer = {.buf = buf};
    ReportPart part = {0};
    size_t size = 0;

    json_open_object(&writer, NULL);
    while (!report_json_put_channel_part(&writer, channel, "held", &part)) {
        assert_true(buf->size > size);
        size = buf->size;
    }
    json_close_object(&writer);
    assert_int_equal(json_end(&writer), 0);
}

static void expect_same(size_t missing_count, size_t extra_count, size_t added_count)
{
    const RosterChannel roster = {.name = "payments"};
    const ChannelReport channel = {
        .channel = &roster,
        .instance_name = "prod",
        .missing = missing,
        .missing_count = missing_count,
        .extras = extras,
        .extra_count = extra_count,
        .added = added,
        .added_count = added_count,
    };
    _cleanup_(buf_done) Buf whole = {0}, parts = {0};
    JsonWriter writer = {.buf = &whole};

    json_open_object(&writer, NULL);
    report_json_put_channel(&writer, &channel, "held", NULL);
    json_close_object(&writer);
    assert_int_equal(json_end(&writer), 0);
    put_in_parts(&channel, &parts);
    assert_string_equal(buf_text(&parts), buf_text(&whole));
}

static void test_parts_make_the_whole(void **state)
{
    static const size_t counts[] = {0,
                                    1,
                                    REPORT_PART_ROWS - 1,
                                    REPORT_PART_ROWS,
                                    REPORT_PART_ROWS + 1,
                                    2 * REPORT_PART_ROWS,
                                    ROWS_MAX};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(counts); i++) {
        for (size_t k = 0; k < ELEMENTS(counts); k++) {
            for (size_t l = 0; l < ELEMENTS(counts); l++)
                expect_same(counts[i], counts[k], counts[l]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_make_the_whole),
    };

    return cmocka_run_group_tests(tests, fill_rows, NULL);
}
