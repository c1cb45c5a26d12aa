/* SPDX-License-Identifier: MIT */
/* Pages read without a tree: what is taken, in whatever pieces it arrives, is what json-c reads. */
#include "tests/unit/codec_case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "tests/fuzz/same_page.h"

#define PAGES 100000U
#define SEED UINT64_C(0x9e3779b97f4a7c15)

/* All that a page may have, and much of what its strings may. */
static const char members_page[] =
    "\t{ \"total\" : 612, \"error_code\":null, \"new\": [ [], {}, [1, -2.5e+3, "
    "{\"a\":\"\\u0000\"}]],"
    "\"size\":4,\r\n\"members\": [ {\"host\":\"10.1.0.5\",\"weight\":7,\"is_backup\":true,"
    "\"member_group_name\":\"g\",\"status\":2,\"port\":65535,\"ecs_id\":\"e\",\"id\":\"A-z_9\","
    "\"vpc_channel_id\":\"11112222333344445555666677778888\",\"create_time\":null,"
    "\"new\":{\"deep\":[1,true,false,null]}} ,\n"
    "{\"host\":\"10.1.0.6\",\"weight\":0,\"is_backup\":false,\"member_group_name\":\"gr\xc3\xbcn\","
    "\"status\":1,\"port\":0,\"ecs_id\":\"10.1.0.6\",\"id\":\"0123456789abcdef0123456789abcdef\","
    "\"vpc_channel_id\":\"11112222333344445555666677778888\",\"create_time\":\"\",\"new\":-0},"
    "{\"id\":\"2\",\"vpc_channel_id\":\"\",\"ecs_id\":\"only-ecs\",\"port\":null,"
    "\"status\":null,\"member_group_name\":null,\"host\":null,\"is_backup\":null,\"weight\":null},"
    "{\"id\":\"3\",\"vpc_channel_id\":\"\\u00e9\\ud83d\\ude00\",\"host\":\"\\\"\\\\\\/"
    "\\b\\f\\n\\r\\t\","
    "\"member_group_name\":\"\xf0\x9f\x98\x80\",\"member_group_id\":\"i\"}] } \r\n";

static const char channels_page[] =
    "{\"vpc_channels\":[{\"name\":\"pay\",\"id\":\"56a7d7358e1b42459c9d730d65b14e59\",\"port\":"
    "8080,"
    "\"type\":2,\"member_type\":\"ip\",\"vpc_channel_type\":\"builtin\",\"vpc_health_config\":"
    "{\"protocol\":\"http\",\"timeout\":5},\"member_groups\":[{\"member_group_name\":\"blue\","
    "\"member_group_weight\":4,\"microservice_labels\":[{\"label_name\":\"a\"}]},\n"
    "{\"member_group_name\":\"gr\\u00fcn\",\"reference_vpc_channel_id\":\"r\"},{}]},"
    "{\"name\":\"\xc3\xa9\",\"id\":\"x\",\"member_groups\":[ ],\"member_type\":\"ip\"},"
    "{\"name\":\"\",\"id\":\"y\",\"member_groups\":null,\"type\":null}],\"total\":3}";

static void test_cut_everywhere(void **state)
{
    JsonParser *parser = &((CodecCase *)*state)->parser;

    for (size_t cut = 0; cut < sizeof(members_page); cut++)
        assert_true(same_members(parser, members_page, sizeof(members_page) - 1, cut));
    for (size_t cut = 0; cut < sizeof(channels_page); cut++)
        assert_true(same_channels(parser, channels_page, sizeof(channels_page) - 1, cut));
}

/* What ends early is no page, wherever it does. */
static void test_torn_everywhere(void **state)
{
    CodecCase *fixture = *state;
    size_t end = sizeof(members_page) - sizeof(" \r\n"), size;

    for (size = 0; size < end; size++) {
        assert_int_equal(members_pull(&fixture->members, members_page, size), -EPROTO);
        assert_int_equal(fixture->members.page.row_count, 0);
    }
    for (; size < sizeof(members_page); size++)
        assert_int_equal(members_pull(&fixture->members, members_page, size), 0);
    for (size = 0; size < sizeof(channels_page) - 1; size++) {
        assert_int_equal(channels_pull(&fixture->channels, channels_page, size), -EPROTO);
        assert_int_equal(fixture->channels.page.row_count, 0);
    }
}

/* Rows of one shape, with values of each kind in each place. */
static const char shaped_page[] =
    "{\"total\":3,\"members\":[{\"id\":\"1\",\"vpc_channel_id\":\"c\",\"new\":{},\"host\":\"10.1.0."
    "5\","
    "\"port\":80,\"weight\":1},"
    "{\"id\":\"2\",\"vpc_channel_id\":\"c\",\"new\":[1,{\"a\":\"\\u00e9\"}],\"host\":\"10.1.0.6\","
    "\"port\":0,\"weight\":1},"
    "{\"id\":\"3\",\"vpc_channel_id\":\"c\",\"new\":-1.5e3,\"host\":\"10.1.0.7\",\"port\":null,"
    "\"weight\":7}],\"size\":3}";

typedef bool SamePage(JsonParser *parser, const char *body, size_t size, size_t cut);

/* The page with each of its bytes another one, with one more before it, and without it. */
static void assert_changed(JsonParser *parser, SamePage *same, const char *page, size_t size)
{
    static const char bytes[] = "{}[],:\"\\ 01e.-n\x1f\x80";
    _cleanup_(buf_done) Buf text = {0};

    for (size_t at = 0; at < size; at++) {
        for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
            for (size_t left_out = 0; left_out < 2; left_out++) {
                buf_reset(&text);
                buf_append(&text, page, at);
                buf_putc(&text, bytes[i]);
                buf_append(&text, page + at + left_out, size - at - left_out);
                same(parser, text.data, text.size, at);
            }
        }
        buf_reset(&text);
        buf_append(&text, page, at);
        buf_append(&text, page + at + 1, size - at - 1);
        same(parser, text.data, text.size, at);
    }
}

static void test_each_byte_changed(void **state)
{
    JsonParser *parser = &((CodecCase *)*state)->parser;

    assert_true(same_members(parser, shaped_page, sizeof(shaped_page) - 1, 100));
    assert_changed(parser, same_members, shaped_page, sizeof(shaped_page) - 1);
    assert_changed(parser, same_members, members_page, sizeof(members_page) - 1);
    assert_changed(parser, same_channels, channels_page, sizeof(channels_page) - 1);
}

static void test_byte_by_byte(void **state)
{
    CodecCase *fixture = *state;

    for (size_t size = 0; size < sizeof(members_page); size++)
        members_feed(&fixture->members, members_page, size);
    assert_int_equal(members_pull(&fixture->members, members_page, sizeof(members_page) - 1), 0);
    assert_int_equal(fixture->members.page.row_count, 4);
    assert_string_equal(fixture->members.page.rows[3].channel_id, "\xc3\xa9\xf0\x9f\x98\x80");
    for (size_t size = 0; size < sizeof(channels_page); size++)
        channels_feed(&fixture->channels, channels_page, size);
    assert_int_equal(channels_pull(&fixture->channels, channels_page, sizeof(channels_page) - 1),
                     0);
    assert_string_equal(fixture->channels.page.rows[0].groups[1].name, "gr\xc3\xbcn");
}

/* Of one page fed in part, nothing is left in the next. */
static void test_begun_and_dropped(void **state)
{
    CodecCase *fixture = *state;

    members_feed(&fixture->members, members_page, sizeof(members_page) / 2);
    members_clear(&fixture->members);
    assert_int_equal(members_pull(&fixture->members, "{\"total\":0}", 11), 0);
    assert_int_equal(fixture->members.page.row_count, 0);
}

/* ---- generated pages ---- */

typedef struct Generator {
    uint64_t state;
    Buf text;
    unsigned int oddity; /* one value in so many is odd; 0: none is */
} Generator;

static uint64_t draw(Generator *generator, uint64_t bound)
{
    generator->state ^= generator->state << 13;
    generator->state ^= generator->state >> 7;
    generator->state ^= generator->state << 17;
    return generator->state % bound;
}

static const char *draw_text(Generator *generator, const char *const *texts, size_t count)
{
    return texts[draw(generator, count)];
}

#define DRAW(generator, ...)                                                                       \
    draw_text(generator, (const char *const[]){__VA_ARGS__},                                       \
              ELEMENTS(((const char *const[]){__VA_ARGS__})))

static void put_odd(Generator *generator)
{
    buf_puts(&generator->text,
             DRAW(generator, "-0", "1e3", "1.0", "9223372036854775807", "9223372036854775808", "-1",
                  "70000", "007", "\"\\u0000\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"",
                  "\"\\u00e9\\/\"", "\"\xc3\xa9\"", "\"\xe9\"", "\"\x01\"", "{}", "[]",
                  "{\"a\":[1,{\"b\":null}]}", "{\"a\":1,\"a\":2}", "true", "null", "NaN", "'x'",
                  "\"10.1.0.5\"", "\"\"", "\"a b\"", "3", "\"\\x\"", "nul", "1 2", ""));
}

static void put_field(Generator *generator, const char *space, const char *name, const char *value)
{
    if (generator->text.data[generator->text.size - 1] != '{')
        buf_putc(&generator->text, ',');
    buf_printf(&generator->text, "%s\"%s\":%s", space, name, space[0] ? " " : "");
    if (generator->oddity && draw(generator, generator->oddity) == 0)
        put_odd(generator);
    else
        buf_puts(&generator->text, value);
}

static bool is_left_out(Generator *generator)
{
    return generator->oddity && draw(generator, generator->oddity) == 0;
}

static void put_member(Generator *generator, const char *space)
{
    char id[40], host[24];
    const char *const fields[][2] = {
        {"host", host},
        {"weight", DRAW(generator, "1", "0", "10000")},
        {"is_backup", DRAW(generator, "false", "true")},
        {"member_group_name", DRAW(generator, "\"\"", "\"blue\"", "\"gr\xc3\xbcn\"")},
        {"status", DRAW(generator, "1", "2")},
        {"port", DRAW(generator, "8080", "0")},
        {"ecs_id", host},
        {"ecs_name", host},
        {"id", id},
        {"vpc_channel_id", DRAW(generator, "\"11112222333344445555666677778888\"", "\"c\"")},
        {"create_time", "\"2024-01-02T03:04:05Z\""},
        {"member_group_id", "\"\""},
        {DRAW(generator, "health_status", "host", "new"), "null"},
    };

    snprintf(id, sizeof(id), "\"%016llx\"", (unsigned long long)draw(generator, UINT64_MAX));
    snprintf(host, sizeof(host), "\"10.1.%u.%u\"", (unsigned int)draw(generator, 256),
             (unsigned int)draw(generator, 256));
    buf_putc(&generator->text, '{');
    for (size_t i = 0; i < ELEMENTS(fields) - !generator->oddity; i++) {
        if (!is_left_out(generator))
            put_field(generator, space, fields[i][0], fields[i][1]);
    }
    buf_puts(&generator->text, "}");
}

static void put_channel(Generator *generator, const char *space)
{
    const char *const fields[][2] = {
        {"name", DRAW(generator, "\"pay\"", "\"gr\xc3\xbcn\"")},
        {"id", DRAW(generator, "\"56a7d7358e1b42459c9d730d65b14e59\"", "\"c\"")},
        {"port", "8080"},
        {"type", DRAW(generator, "2", "3")},
        {"member_type", DRAW(generator, "\"ip\"", "\"ecs\"")},
        {"vpc_channel_type", "\"builtin\""},
        {"vpc_health_config", "{\"protocol\":\"http\",\"timeout\":5}"},
        {"member_groups",
         DRAW(generator, "[]", "null", "[{\"member_group_name\":\"a\",\"member_group_weight\":1}]",
              "[{\"reference_vpc_channel_id\":\"\"},{\"reference_vpc_channel_id\":\"r\"}]", "[1]",
              "[{\"member_group_weight\":-1}]")},
    };

    buf_putc(&generator->text, '{');
    for (size_t i = 0; i < ELEMENTS(fields); i++) {
        if (!is_left_out(generator))
            put_field(generator, space, fields[i][0], fields[i][1]);
    }
    buf_puts(&generator->text, "}");
}

/* One byte more, less or other. */
static void mutate(Generator *generator)
{
    Buf *text = &generator->text;
    size_t at = draw(generator, text->size);
    char byte = "\"\\{}[],: 0e.\xc3\x80\x1f"[draw(generator, 15)];

    switch (draw(generator, 3)) {
    case 0:
        text->data[at] = byte;
        break;
    case 1:
        memmove(text->data + at, text->data + at + 1, --text->size - at);
        break;
    default:
        buf_putc(text, ' ');
        memmove(text->data + at + 1, text->data + at, text->size - 1 - at);
        text->data[at] = byte;
        break;
    }
}

static void generate(Generator *generator, bool of_members)
{
    size_t rows = draw(generator, 4);
    const char *space = DRAW(generator, "", "", "", " ", "\n      ");

    buf_reset(&generator->text);
    buf_puts(&generator->text, "{");
    put_field(generator, space, "total", "7");
    buf_printf(&generator->text, ",%s\"%s\":[", space, of_members ? "members" : "vpc_channels");
    for (size_t i = 0; i < rows; i++) {
        if (i > 0)
            buf_putc(&generator->text, ',');
        if (of_members)
            put_member(generator, space);
        else
            put_channel(generator, space);
    }
    buf_printf(&generator->text, "]%s}", space);
    if (generator->oddity && draw(generator, 4) == 0)
        mutate(generator);
}

/* A page is either taken, and then it is the same, or left. Of both there are enough. */
static void test_generated(void **state)
{
    JsonParser *parser = &((CodecCase *)*state)->parser;
    Generator generator = {.state = SEED};
    size_t taken = 0;

    for (size_t i = 0; i < PAGES; i++) {
        bool of_members = i % 4 != 0;
        uint64_t seed = generator.state;
        size_t cut;
        bool is_taken;

        generator.oddity = i % 2 == 0 ? 40 : i % 3 == 0 ? 400 : 0;
        generate(&generator, of_members);
        cut = draw(&generator, generator.text.size + 1);
        is_taken = (of_members ? same_members : same_channels)(parser, generator.text.data,
                                                               generator.text.size, cut);
        if (!is_taken && generator.oddity == 0 && of_members)
            fail_msg("seed %llu: not taken: %s", (unsigned long long)seed, generator.text.data);
        taken += is_taken;
    }
    assert_in_range(taken, PAGES / 2, PAGES - PAGES / 8);
    buf_done(&generator.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CODEC_TEST(test_cut_everywhere),    CODEC_TEST(test_torn_everywhere),
        CODEC_TEST(test_each_byte_changed), CODEC_TEST(test_byte_by_byte),
        CODEC_TEST(test_begun_and_dropped), CODEC_TEST(test_generated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
