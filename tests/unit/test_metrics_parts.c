/* SPDX-License-Identifier: MIT */
/* Metrics that are made part by part are those that are made at once. */
#include "tests/unit/control_case.h"

#include "daemon/control/control_internal.h"
#include "daemon/web/metrics.h"

/* What is of the process is another thing each time. */
static void cut_process(Buf *text)
{
    char *end = strstr(text->data, "# HELP process_");

    assert_non_null(end);
    *end = '\0';
}

static void append_all(const WebView *view, Buf *whole)
{
    Metrics *metrics = metrics_new(view);

    assert_true(metrics_append_part(metrics, SIZE_MAX, whole));
    metrics_free(metrics);
}

static void test_parts_come_to_the_whole(void **state)
{
    static const size_t sizes[] = {1, 100, 3000};
    ControlCase *control_case = *state;
    WebView view;
    Buf whole = {0};

    control_case_begin(control_case);
    view = control_view(control_case->control);
    append_all(&view, &whole);
    cut_process(&whole);
    for (size_t i = 0; i < ELEMENTS(sizes); i++) {
        Metrics *metrics = metrics_new(&view);
        Buf text = {0};
        size_t parts = 0;
        bool is_end = false;

        while (!is_end) {
            Buf part = {0};

            is_end = metrics_append_part(metrics, sizes[i], &part);
            assert_true(part.size > 0);
            assert_true(part.size < sizes[i] + 6000);
            buf_append(&text, part.data, part.size);
            buf_done(&part);
            parts++;
        }
        assert_true(parts > 2);
        cut_process(&text);
        assert_string_equal(text.data, whole.data);
        buf_done(&text);
        metrics_free(metrics);
    }
    buf_done(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_parts_come_to_the_whole, control_case_setup,
                                        control_case_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
