/* SPDX-License-Identifier: MIT */
/* A channel put part by part, whatever its lists hold: the same as put at once. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/report/json.h"
#include "daemon/report/source.h"

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

    while (!report_json_put_channel_part(&writer, channel, "held", &part)) {
        assert_true(buf->size > size);
        size = buf->size;
    }
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

/* ---- a whole report ---- */

typedef struct Flushed {
    Buf text;
    size_t count, largest, fails_at;
} Flushed;

static int take_part(void *userdata, Buf *part)
{
    Flushed *flushed = userdata;

    if (++flushed->count == flushed->fails_at)
        return -EPIPE;
    flushed->largest = part->size > flushed->largest ? part->size : flushed->largest;
    buf_append(&flushed->text, part->data, part->size);
    buf_reset(part);
    return 0;
}

static const RosterChannel roster = {.name = "payments"};
static InstanceReport instance = {.name = "prod"};

/* Of so many channels with so many rows each. */
static Report report_of(ChannelReport *channels, size_t count, size_t rows)
{
    for (size_t i = 0; i < count; i++)
        channels[i] = (ChannelReport){.channel = &roster,
                                      .instance_name = "prod",
                                      .result = RESULT_HELD,
                                      .extras = extras,
                                      .extra_count = rows};
    return (Report){.pass_id = "p",
                    .roster_digest = "d",
                    .channels = channels,
                    .channel_count = count,
                    .instances = &instance,
                    .instance_count = 1};
}

#define CHANNELS_MAX 200

static void test_a_report_in_parts(void **state)
{
    static const struct {
        size_t channels, rows;
        bool is_short;
    } cases[] = {{0, 0, true},
                 {1, 1, true},
                 {1, ROWS_MAX, false},
                 {3, ROWS_MAX, false},
                 {CHANNELS_MAX, 1, false},
                 {CHANNELS_MAX, 30, false}};
    ChannelReport channels[CHANNELS_MAX];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        _cleanup_(buf_done) Buf whole = {0}, rest = {0};
        Flushed flushed = {0};
        Report report = report_of(channels, cases[i].channels, cases[i].rows);

        assert_int_equal(report_json_append(&report, NULL, NULL, &whole), 0);
        assert_int_equal(report_json_append(&report, take_part, &flushed, &rest), 0);
        assert_int_equal(flushed.count == 0, cases[i].is_short);
        assert_true(flushed.largest < 3 * (size_t)REPORT_FLUSH_SIZE);
        buf_append(&flushed.text, rest.data, rest.size);
        assert_string_equal(buf_text(&flushed.text), buf_text(&whole));
        buf_done(&flushed.text);
    }
}

/* Nothing more of it is made then. */
static void test_nobody_takes_a_part(void **state)
{
    ChannelReport channels[CHANNELS_MAX];
    const Report report = report_of(channels, CHANNELS_MAX, 30);
    _cleanup_(buf_done) Buf rest = {0};
    Flushed flushed = {.fails_at = 2};

    (void)state;
    assert_int_equal(report_json_append(&report, take_part, &flushed, &rest), -EPIPE);
    assert_int_equal(flushed.count, 2);
    buf_done(&flushed.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_make_the_whole),
        cmocka_unit_test(test_a_report_in_parts),
        cmocka_unit_test(test_nobody_takes_a_part),
    };

    return cmocka_run_group_tests(tests, fill_rows, NULL);
}
