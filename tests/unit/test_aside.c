/* SPDX-License-Identifier: MIT */
/* Jobs that block for ever hold nobody, and what they own is freed when they end. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/aside.h"
#include "daemon/base/clock.h"

/* A job that blocks until a pipe is closed. */
typedef struct Blocked {
    int pipe[2];
    atomic_int ran, freed;
} Blocked;

static Blocked *blocked_new(void)
{
    Blocked *blocked = calloc(1, sizeof(*blocked));

    assert_non_null(blocked);
    assert_int_equal(pipe(blocked->pipe), 0);
    return blocked;
}

static void blocked_free(Blocked *blocked)
{
    close(blocked->pipe[0]);
    free(blocked);
}

static void on_run(void *context)
{
    Blocked *blocked = context;
    char byte;

    aside_touch("/dead/rosters.d");
    (void)!read(blocked->pipe[0], &byte, 1);
    atomic_store(&blocked->ran, 1);
}

static void on_free(void *context)
{
    Blocked *blocked = context;

    atomic_store(&blocked->freed, 1);
}

static const AsideWork work = {on_run, on_free};

static void wait_freed(Blocked *blocked)
{
    for (int i = 0; i < 20000 && !atomic_load(&blocked->freed); i++)
        usleep(1000);
    assert_int_equal(atomic_load(&blocked->freed), 1);
}

static void test_what_blocks_is_waited_for_within_a_bound(void **state)
{
    Blocked *blocked = blocked_new();
    char path[ASIDE_PATH_SIZE] = "";
    Aside *aside;

    (void)state;
    assert_int_equal(aside_begin(&work, blocked, &aside), 0);
    for (int i = 0; i < 1000 && path[0] == '\0'; i++) {
        assert_false(aside_wait(aside, 10 * USEC_PER_MSEC));
        aside_path(aside, path);
    }
    assert_string_equal(path, "/dead/rosters.d");
    close(blocked->pipe[1]);
    assert_true(aside_wait(aside, USEC_PER_MINUTE));
    assert_ptr_equal(aside_end(aside), blocked);
    assert_int_equal(atomic_load(&blocked->ran), 1);
    assert_int_equal(atomic_load(&blocked->freed), 0);
    blocked_free(blocked);
}

/* Whoever does not wait any longer loses nothing: the job frees what it owns when it ends. */
static void test_what_is_left_is_freed_at_its_end(void **state)
{
    Blocked *blocked = blocked_new();
    Aside *aside;

    (void)state;
    assert_int_equal(aside_begin(&work, blocked, &aside), 0);
    assert_false(aside_wait(aside, 0));
    aside_leave(aside);
    assert_int_equal(atomic_load(&blocked->freed), 0);
    close(blocked->pipe[1]);
    wait_freed(blocked);
    blocked_free(blocked);
}

static void test_what_is_done_and_left_is_freed_at_once(void **state)
{
    Blocked *blocked = blocked_new();
    Aside *aside;

    (void)state;
    close(blocked->pipe[1]);
    assert_int_equal(aside_begin(&work, blocked, &aside), 0);
    assert_true(aside_wait(aside, USEC_PER_MINUTE));
    aside_leave(aside);
    assert_int_equal(atomic_load(&blocked->freed), 1);
    blocked_free(blocked);
}

static void test_a_file_that_answers(void **state)
{
    struct stat status;
    Secret *secret = NULL;
    Err err = {0};

    (void)state;
    assert_int_equal(aside_stat("/", &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_int_equal(aside_stat("/nowhere at all", &status), -ENOENT);
    assert_int_equal(aside_read_secret("/nowhere at all", &secret, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nowhere at all"));
    assert_null(secret);
    aside_touch("/elsewhere");
}

static int gate[2];

/* Before the system's: whoever looks at a dead file waits at the gate. */
int stat(const char *path, struct stat *ret_status)
{
    char byte;

    if (strncmp(path, "/dead/", strlen("/dead/")) == 0)
        (void)!read(gate[0], &byte, 1);
    return fstatat(AT_FDCWD, path, ret_status, 0);
}

/* The event loop is held for all of them together no longer than for a few. */
static void test_many_files_that_do_not_answer(void **state)
{
    uint64_t begun_usec = clock_monotonic_usec();
    struct stat status;
    char path[32];

    (void)state;
    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < 20; i++) {
        snprintf(path, sizeof(path), "/dead/%d", i);
        assert_int_equal(aside_stat(path, &status), -ETIMEDOUT);
    }
    assert_true(clock_monotonic_usec() - begun_usec < 10 * ASIDE_WAIT_USEC);
    close(gate[1]);
    for (int i = 0; i < 20000 && aside_stat("/dead/19", &status) == -ETIMEDOUT; i++)
        usleep(1000);
    assert_int_equal(aside_stat("/dead/19", &status), -ENOENT);
    assert_int_equal(aside_stat("/", &status), 0);
    close(gate[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_blocks_is_waited_for_within_a_bound),
        cmocka_unit_test(test_what_is_left_is_freed_at_its_end),
        cmocka_unit_test(test_what_is_done_and_left_is_freed_at_once),
        cmocka_unit_test(test_a_file_that_answers),
        cmocka_unit_test(test_many_files_that_do_not_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
