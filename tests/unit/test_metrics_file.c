/* SPDX-License-Identifier: MIT */
/* The file of the metrics is made a part a turn: what else the loop has to do is done meanwhile. */
#include "tests/unit/control_case.h"

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/control/control_internal.h"
#include "daemon/service/metrics_file.h"

#define CHANNELS 1000
#define PART_SIZE_MAX (128U * 1024U)
#define TURNS_MAX 100000

typedef struct Case {
    ControlCase *control_case;
    char path[SCRATCH_SIZE + 64];
    MetricsFile file;
} Case;

static void view_of(const void *userdata, WebView *ret_view)
{
    *ret_view = control_view(((const Case *)userdata)->control_case->control);
}

static void begin(Case *one, ControlCase *control_case)
{
    _cleanup_(buf_done) Buf roster = {0};
    char settings[sizeof(one->path) + 32];

    one->control_case = control_case;
    snprintf(one->path, sizeof(one->path), "%.80s.prom", control_case->path);
    snprintf(settings, sizeof(settings), "metrics_file: %s\n", one->path);
    buf_puts(&roster, "version: 1\nchannels:\n");
    for (int i = 0; i < CHANNELS; i++)
        buf_printf(&roster, "  - {name: channel-%d, members: ['10.1.0.1:80']}\n", i);
    control_case_use(control_case, settings, buf_text(&roster));
    metrics_file_init(&one->file, control_case_loop(control_case), view_of, one);
}

static bool is_written(const Case *one, size_t *ret_size)
{
    struct stat status;

    if (stat(one->path, &status) < 0)
        return false;
    *ret_size = (size_t)status.st_size;
    return true;
}

static void test_it_is_made_a_part_a_turn(void **state)
{
    size_t turns = 0, parts = 0, size = 0;
    Case one = {0};

    begin(&one, *state);
    metrics_file_on_pass(&one.file);
    for (; !is_written(&one, &size) && turns < TURNS_MAX; turns++) {
        parts += one.file.made != NULL;
        assert_true(sd_event_run(control_case_loop(one.control_case), 1000) >= 0);
    }
    assert_true(size > 3 * PART_SIZE_MAX);
    assert_true(parts * PART_SIZE_MAX >= size);
    metrics_file_done(&one.file);
}

/* Another controller is in force before it is whole. */
static void test_what_is_dropped_is_not_written(void **state)
{
    size_t size;
    Case one = {0};

    begin(&one, *state);
    metrics_file_on_pass(&one.file);
    assert_true(sd_event_run(control_case_loop(one.control_case), 0) >= 0);
    assert_non_null(one.file.made);
    metrics_file_drop(&one.file);
    assert_null(one.file.made);
    for (int i = 0; i < 20; i++)
        assert_true(sd_event_run(control_case_loop(one.control_case), 1000) >= 0);
    assert_false(is_written(&one, &size));
    metrics_file_done(&one.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_it_is_made_a_part_a_turn, control_case_setup,
                                        control_case_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_dropped_is_not_written, control_case_setup,
                                        control_case_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
