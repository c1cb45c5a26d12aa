/* SPDX-License-Identifier: MIT */
/* A plan kept in a file while it is made: the same text as made at once; none that could not be
 * read again, and then what was there stays. */
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/file.h"
#include "daemon/json/json_parser.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/plan_file.h"
#include "tests/unit/test_config.h"

#define MADE UINT64_C(1700000000000000)
#define MIB (1U << 20)

/* A report of so many channels, each of which has about that many bytes. */
typedef struct Large {
    Json *root, *channel;
} Large;

static Json *parse(const Buf *text)
{
    Json *root = NULL;

    assert_int_equal(json_parse_once(buf_text(text), text->size, &root, NULL), 0);
    return root;
}

static void large_init(Large *large, size_t count, size_t size)
{
    _cleanup_(buf_done) Buf root = {0}, channel = {0};
    JsonWriter writer = {.buf = &channel};

    buf_puts(&root, "{\"dry_run\":true,\"channels\":[");
    for (size_t i = 0; i < count; i++)
        buf_puts(&root, i == 0 ? "{}" : ",{}");
    buf_puts(&root, "],\"instances\":[]}");
    json_open_object(&writer, NULL);
    json_put_text(&writer, "digest", NULL);
    json_put_text(&writer, "id", "c");
    json_open_array(&writer, "changed");
    json_close_array(&writer);
    json_open_array(&writer, "extra");
    while (channel.size < size)
        json_put_string(&writer, NULL, "an extra member of this channel");
    json_close_array(&writer);
    json_close_object(&writer);
    assert_int_equal(json_end(&writer), 0);
    large->root = parse(&root);
    large->channel = parse(&channel);
}

static void large_done(Large *large)
{
    json_free(large->root);
    json_free(large->channel);
}

static const Json *large_channel(void *userdata, size_t number)
{
    (void)number;
    return ((Large *)userdata)->channel;
}

static int never_flushed(void *userdata, Buf *buf)
{
    (void)userdata;
    (void)buf;
    fail();
    return 0;
}

static ReportSource source_of(Large *large)
{
    return (ReportSource){
        .root = large->root, .channel = large_channel, .flush = never_flushed, .userdata = large};
}

static void expect_content(const char *path, const Buf *expected)
{
    _cleanup_(buf_done) Buf content = {0};
    Err err = {0};

    assert_int_equal(file_read(path, SIZE_MAX, &content, &err), 0);
    assert_int_equal(content.size, expected->size);
    assert_memory_equal(content.data, expected->data, expected->size);
}

static void test_the_same_text_in_parts(void **state)
{
    const char *path = "plan.json";
    Large large;
    _cleanup_(buf_done) Buf whole = {0};
    PlanFile file;
    Err err = {0};

    (void)state;
    large_init(&large, 40, 5000);
    const ReportSource source = source_of(&large);
    const ReportSource kept = {.root = source.root, .channel = source.channel, .userdata = &large};

    assert_int_equal(plan_file_append(&kept, MADE, &whole), 0);
    assert_int_equal(plan_file_write(&source, MADE, path, &err), 0);
    expect_content(path, &whole);
    assert_int_equal(plan_file_read(path, &file, &err), 0);
    assert_true(file.chosen.made_usec == MADE);
    plan_file_done(&file);
    large_done(&large);
}

static void test_one_that_could_not_be_read(void **state)
{
    const char *path = "plan.json";
    Large small, large;
    glob_t left;
    _cleanup_(buf_done) Buf before = {0};
    Err err = {0};

    (void)state;
    large_init(&small, 1, 10);
    large_init(&large, 65, MIB);
    const ReportSource of_small = source_of(&small), of_large = source_of(&large);

    assert_int_equal(plan_file_write(&of_small, MADE, path, &err), 0);
    assert_int_equal(file_read(path, SIZE_MAX, &before, &err), 0);
    assert_int_equal(plan_file_write(&of_large, MADE, path, &err), -EFBIG);
    assert_string_equal(
        err.text, "plan.json: a plan of more than 64 MiB cannot be carried out: name CHANNELs");
    expect_content(path, &before);
    assert_int_equal(glob("*.new", 0, NULL, &left), GLOB_NOMATCH);
    large_done(&small);
    large_done(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(test_the_same_text_in_parts),
        IN_DIRECTORY(test_one_that_could_not_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
