/* SPDX-License-Identifier: MIT */
/* What two hosts of a fleet make of a pause in etcd that nobody can read. */
#include "tests/unit/shared_hosts.h"

#include <fcntl.h>
#include <unistd.h>

#include "daemon/base/file.h"
#include "daemon/fleet/keys.h"
#include "daemon/shared/pause_value.h"

static uint64_t written_revision;

static void on_written(void *userdata, FleetWritten result, uint64_t revision, const char *message)
{
    (void)userdata;
    (void)message;
    assert_int_equal(result, FLEET_WRITTEN);
    written_revision = revision;
}

static bool both_have_heard(void)
{
    return written_revision > 0 &&
           mirror_get_revision(fleet_mirror(two.a.fleet)) >= written_revision &&
           mirror_get_revision(fleet_mirror(two.b.fleet)) >= written_revision;
}

/* Somebody writes keys with other means, and both hosts hear of it. */
static void write_keys(const FleetPut *puts, size_t count)
{
    written_revision = 0;
    assert_int_equal(fleet_write(two.b.fleet, NULL, NULL, 0, puts, count, 20 * USEC_PER_SEC,
                                 on_written, NULL, NULL),
                     0);
    await(both_have_heard);
}

/* How often the log said so since it was begun; standard error goes there. */
static size_t count_logged(const char *path, const char *text)
{
    _cleanup_(buf_done) Buf log = {0};
    size_t count = 0;

    assert_int_equal(file_read(path, 1U << 20, &log, NULL), 0);
    for (const char *at = buf_text(&log); (at = strstr(at, text)); at++)
        count++;
    return count;
}

/* Whose pause it is nobody knows: none ends until it can be read, or is gone. Each host says so
 * once. */
static void test_a_pause_that_cannot_be_read_ends_none(void **state)
{
    const StoreScope scope = CHANNEL("c1", "payments");
    const FleetPut odd = {"pauses/odd", "not JSON"}, no_odd = {"pauses/odd", NULL};
    char names[2][KEYS_NAME_SIZE];
    FleetPut gone[2] = {{names[0], NULL}, {names[1], NULL}};
    static const char says[] = "pauses/odd in etcd: ";
    char path[SCRATCH_SIZE + 8];
    int stderr_fd = dup(STDERR_FILENO), fd;

    (void)state;
    snprintf(path, sizeof(path), "%s/log", two.scratch);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && stderr_fd >= 0);
    watched = scope;
    assert_int_equal(pause_on(&two.a, &scope, "work"), SHARED_DONE);
    assert_int_equal(keys_format_pause(KEY, "c1", false, names[0]), 0);
    assert_int_equal(keys_format_pause(KEY, "payments", true, names[1]), 0);
    dup2(fd, STDERR_FILENO);
    write_keys(&odd, 1);
    write_keys(gone, 2);
    assert_true(is_paused_here() && is_paused_there());
    assert_int_equal(count_logged(path, says), 2);
    assert_int_equal(count_logged(path, ": the pauses that held before hold on"), 2);
    write_keys(&no_odd, 1);
    assert_true(is_resumed_here() && is_resumed_there());
    write_keys(&odd, 1);
    assert_int_equal(count_logged(path, says), 4);
    dup2(stderr_fd, STDERR_FILENO);
    close(stderr_fd);
    close(fd);
}

#define COPIES_MAX 12

/* Keys that no rosterd writes, of the same pause. Those that do not fit into one transaction would
 * stay, and the pause with them: it is not ended then. */
static void test_more_keys_than_a_pause_may_have(void **state)
{
    const StoreScope scope = CHANNEL("c1", "payments");
    StorePause pause = {.scope = scope, .reason = "work", .host = "admin-a", .made_usec = 1};
    _cleanup_(buf_done) Buf json = {0};
    char names[COPIES_MAX][KEYS_NAME_SIZE];
    FleetPut copies[COPIES_MAX];

    (void)state;
    watched = scope;
    assert_int_equal(pause_on(&two.a, &scope, "work"), SHARED_DONE);
    assert_int_equal(pause_value_append(&pause, &json), 0);
    for (size_t i = 0; i < COPIES_MAX; i++) {
        snprintf(names[i], KEYS_NAME_SIZE, KEYS_PAUSES "copy-%zu", i);
        copies[i] = (FleetPut){names[i], buf_text(&json)};
    }
    /* Two keys are its own. */
    for (size_t count = 7; count <= COPIES_MAX; count += 5) {
        SharedAsking *asking = NULL;

        write_keys(copies, count);
        assert_int_equal(shared_resume(two.a.shared, &scope, on_outcome, NULL, &asking, &two.err),
                         -E2BIG);
        assert_string_equal(two.err.text,
                            "etcd has more than 8 keys of this pause below pauses/: delete those "
                            "that no rosterd wrote, and try again");
        assert_null(asking);
        assert_true(is_paused_here() && is_paused_there());
    }
    for (size_t i = 0; i < COPIES_MAX; i++)
        copies[i].json = NULL;
    write_keys(copies + 6, COPIES_MAX - 6);
    assert_int_equal(resume_on(&two.a, &scope), SHARED_DONE);
    await(is_resumed_there);
    assert_true(is_resumed_here());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_pause_that_cannot_be_read_ends_none, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_more_keys_than_a_pause_may_have, setup, teardown),
    };

    log_setup(LOG_FORMAT_TEXT, LOG_LEVEL_ERR);
    if (system("command -v etcd > /dev/null") != 0) {
        print_message("skipped: there is no etcd on this machine\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
