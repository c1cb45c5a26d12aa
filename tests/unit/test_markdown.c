/* SPDX-License-Identifier: MIT */
/* A report as Markdown: what no real service says, but whoever answers on the socket may. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"
#include "daemon/report/markdown.h"

/* Of one channel that failed with that message. */
static void render(const char *message, Buf *ret_text)
{
    _cleanup_(json_freep) Json *root = NULL;
    _cleanup_(buf_done) Buf json = {0};

    buf_printf(&json,
               "{\"channels\": [{\"instance\": \"prod\", \"name\": \"payments\", \"result\": "
               "\"failed\", \"error\": {\"message\": \"%s\"}}], \"instances\": [{\"name\": "
               "\"prod\"}]}",
               message);
    assert_int_equal(json_parse_once(json.data, json.size, &root, NULL), 0);
    assert_int_equal(
        report_markdown_append(&(ReportSource){.root = root}, &(TextOptions){0}, ret_text), 0);
}

static void test_no_line_ends_the_block_that_it_stands_in(void **state)
{
    _cleanup_(buf_done) Buf text = {0};

    (void)state;
    render("````", &text);
    assert_non_null(strstr(text.data, "\n`````diff\n````\n`````\n"));
}

/* All of it is in one line, or in the marks around it. */
static void test_a_message_without_end_is_left_out_and_counted(void **state)
{
    static const char bytes[] = "a`";

    (void)state;
    for (size_t i = 0; bytes[i]; i++) {
        _cleanup_(buf_done) Buf text = {0};
        _cleanup_free_ char *message = calloc(1, 2 * MARKDOWN_SIZE_MAX + 1);

        assert_non_null(message);
        memset(message, bytes[i], 2 * MARKDOWN_SIZE_MAX);
        render(message, &text);
        assert_true(text.size < 2000);
        assert_non_null(strstr(text.data, " 1 other line. "));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_line_ends_the_block_that_it_stands_in),
        cmocka_unit_test(test_a_message_without_end_is_left_out_and_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
