/* SPDX-License-Identifier: MIT */
/* A password that IAM refused, and a user that it locked: what is not sent again, and until when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/roma/auth/lockout.h"
#include "tests/scratch.h"

#define LOCK_USEC (15 * USEC_PER_MINUTE)
#define LOCKED "IAM.0061"

static const Auth auth = {
    .method = AUTH_PASSWORD, .iam_endpoint = "https://iam.example", .domain = "dom", .user = "ops"};

typedef struct LockoutCase {
    char directory[SCRATCH_SIZE];
    char file[SCRATCH_SIZE + 16]; /* that holds the password */
    Lockout kept;
    bool has_kept, cannot_keep;
    char subject[128];
    LockoutStore store;
    Lockouts lockouts;
    Secret *password, *other;
    Err err;
} LockoutCase;

static int recall(void *userdata, const char *subject, Lockout *ret_lockout)
{
    const LockoutCase *lockout_case = userdata;

    assert_string_equal(subject, "https://iam.example dom/ops");
    if (lockout_case->has_kept)
        *ret_lockout = lockout_case->kept;
    return lockout_case->has_kept;
}

static int keep(void *userdata, const char *subject, const Lockout *lockout)
{
    LockoutCase *lockout_case = userdata;

    snprintf(lockout_case->subject, sizeof(lockout_case->subject), "%s", subject);
    if (lockout_case->cannot_keep)
        return -EIO;
    lockout_case->kept = *lockout;
    lockout_case->has_kept = true;
    return 0;
}

static void write_password(const LockoutCase *lockout_case, const char *text)
{
    FILE *file = fopen(lockout_case->file, "w");

    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
    LockoutCase *lockout_case = test_calloc(1, sizeof(*lockout_case));

    assert_true(scratch_make(lockout_case->directory, "/tmp", "test_lockout"));
    snprintf(lockout_case->file, sizeof(lockout_case->file), "%s/password",
             lockout_case->directory);
    write_password(lockout_case, "wrong");
    lockout_case->store = (LockoutStore){recall, keep, lockout_case};
    assert_int_equal(lockout_init(&lockout_case->lockouts, &auth, &lockout_case->store), 0);
    lockout_note_file(&lockout_case->lockouts, lockout_case->file);
    lockout_case->password = secret_new_copy("wrong", 5);
    lockout_case->other = secret_new_copy("right", 5);
    *state = lockout_case;
    return 0;
}

static int teardown(void **state)
{
    LockoutCase *lockout_case = *state;

    lockout_done(&lockout_case->lockouts);
    secret_free(lockout_case->password);
    secret_free(lockout_case->other);
    scratch_remove(lockout_case->directory);
    test_free(lockout_case);
    return 0;
}

/* The next run, which knows what was kept alone. */
static void begin_anew(LockoutCase *lockout_case)
{
    lockout_done(&lockout_case->lockouts);
    assert_int_equal(lockout_init(&lockout_case->lockouts, &auth, &lockout_case->store), 0);
    lockout_note_file(&lockout_case->lockouts, lockout_case->file);
}

static const Err *refuse(LockoutCase *lockout_case, const char *code, const char *text)
{
    Err said = {0};

    err_set(&said, -EACCES, "%s", text);
    said.http = 401;
    snprintf(said.code, sizeof(said.code), "%s", code);
    return lockout_add(&lockout_case->lockouts, lockout_case->password, &said);
}

static int check(LockoutCase *lockout_case, const Secret *password)
{
    err_clear(&lockout_case->err);
    return lockout_check(&lockout_case->lockouts, password, &lockout_case->err);
}

static void assert_says(const Err *err, const char *part)
{
    if (!strstr(err->text, part))
        fail_msg("\"%s\" does not say \"%s\"", err->text, part);
}

static void test_nothing_refused_is_sent(void **state)
{
    LockoutCase *lockout_case = *state;

    assert_int_equal(check(lockout_case, lockout_case->password), 0);
    lockout_case->store = (LockoutStore){NULL, NULL, NULL};
    assert_int_equal(check(lockout_case, lockout_case->password), 0);
}

static void test_a_refused_password_waits_for_another(void **state)
{
    LockoutCase *lockout_case = *state;
    const Err *said = refuse(lockout_case, "1101", "bad password");

    assert_string_equal(said->text,
                        "bad password; not tried again until password_file holds another password");
    assert_string_equal(lockout_case->subject, "https://iam.example dom/ops");
    assert_int_equal(check(lockout_case, lockout_case->password), -EACCES);
    assert_says(&lockout_case->err, "no login, password_file still holds what was refused");
    assert_says(&lockout_case->err, "bad password");
    assert_int_equal(lockout_case->err.http, 401);
    assert_int_equal(check(lockout_case, lockout_case->other), 0);
    lockout_case->has_kept = false;
    assert_int_equal(check(lockout_case, lockout_case->password), 0);
}

static void test_each_refusal_counts_anew(void **state)
{
    LockoutCase *lockout_case = *state;

    refuse(lockout_case, "1101", "bad password");
    refuse(lockout_case, "1101", "still bad");
    assert_int_equal(check(lockout_case, lockout_case->password), -EACCES);
    assert_says(&lockout_case->err, "still bad");
}

static void test_the_next_run_goes_by_the_file(void **state)
{
    LockoutCase *lockout_case = *state;
    uint64_t before_usec = clock_realtime_usec();
    char refused[CLOCK_RFC3339_SIZE];

    refuse(lockout_case, "1101", "bad password");
    assert_int_equal(lockout_case->kept.until_usec, 0);
    assert_in_range(lockout_case->kept.refused_usec, before_usec, clock_realtime_usec());
    begin_anew(lockout_case);
    assert_int_equal(check(lockout_case, lockout_case->password), -EACCES);
    clock_format_rfc3339(lockout_case->kept.refused_usec, refused);
    assert_says(&lockout_case->err, "no login, password_file is as it was when IAM refused it at ");
    assert_says(&lockout_case->err, refused);
    assert_says(&lockout_case->err, "bad password");
    write_password(lockout_case, "another");
    begin_anew(lockout_case);
    assert_int_equal(check(lockout_case, lockout_case->other), 0);
}

/* Nothing tells that it is the file of before: it may be tried. */
static void test_a_file_that_cannot_be_looked_at_is_no_refused_one(void **state)
{
    LockoutCase *lockout_case = *state;

    lockout_note_file(&lockout_case->lockouts, "/nowhere/password");
    refuse(lockout_case, "1101", "bad password");
    assert_string_equal(lockout_case->kept.mark, "");
    begin_anew(lockout_case);
    lockout_note_file(&lockout_case->lockouts, "/nowhere/password");
    assert_int_equal(check(lockout_case, lockout_case->password), 0);
}

static void test_what_cannot_be_kept_says_so(void **state)
{
    LockoutCase *lockout_case = *state;

    lockout_case->cannot_keep = true;
    assert_says(refuse(lockout_case, "1101", "bad password"),
                "bad password; not tried again by this run, but nothing keeps the next one from "
                "it: five refusals lock the user");
    lockout_case->store = (LockoutStore){NULL, NULL, NULL};
    assert_says(refuse(lockout_case, "1101", "bad password"), "not tried again by this run");
}

static void assert_lock(LockoutCase *lockout_case, const char *code, const char *text)
{
    uint64_t before_usec = clock_realtime_usec();
    const Err *said = refuse(lockout_case, code, text);

    assert_says(said, "; not tried again for 15 minutes");
    assert_in_range(lockout_case->kept.until_usec, before_usec + LOCK_USEC,
                    clock_realtime_usec() + LOCK_USEC);
    for (int run = 0; run < 2; run++) {
        assert_int_equal(check(lockout_case, lockout_case->other), -EACCES);
        assert_says(&lockout_case->err, "no login for another 1");
        assert_says(&lockout_case->err, "the user is locked");
        assert_says(&lockout_case->err, text);
        begin_anew(lockout_case);
    }
}

static void test_a_locked_user_is_left_alone(void **state)
{
    assert_lock(*state, LOCKED, "too many attempts");
}

/* Some of IAM's deployments say it in words alone; a code of its own is no lock. */
static void test_a_lock_in_words(void **state)
{
    LockoutCase *lockout_case = *state;

    assert_lock(lockout_case, "401", "The account is Locked");
    lockout_case->has_kept = false;
    begin_anew(lockout_case);
    assert_says(refuse(lockout_case, "IAM.0011", "the file is locked"), "another password");
}

static void test_a_lock_ends(void **state)
{
    LockoutCase *lockout_case = *state;

    refuse(lockout_case, LOCKED, "too many attempts");
    begin_anew(lockout_case);
    lockout_case->kept.until_usec = clock_realtime_usec();
    assert_int_equal(check(lockout_case, lockout_case->password), 0);
    /* A clock that was set back does not prolong it. */
    lockout_case->kept.until_usec = clock_realtime_usec() + LOCK_USEC + USEC_PER_MINUTE;
    assert_int_equal(check(lockout_case, lockout_case->password), 0);
    lockout_case->kept.until_usec = clock_realtime_usec() + LOCK_USEC - USEC_PER_MINUTE;
    assert_int_equal(check(lockout_case, lockout_case->password), -EACCES);
}

/* An advice that has no room is left out whole. */
static void test_a_long_refusal_stays_whole(void **state)
{
    LockoutCase *lockout_case = *state;
    const char *advice = "; not tried again until password_file holds another password";
    Err said = {0};

    memset(said.text, 'x', sizeof(said.text) - strlen(advice) - 1);
    refuse(lockout_case, "1101", said.text);
    assert_says(&lockout_case->lockouts.said, advice);
    assert_int_equal(strlen(lockout_case->lockouts.said.text), sizeof(said.text) - 1);
    strcat(said.text, "x");
    refuse(lockout_case, "1101", said.text);
    assert_string_equal(lockout_case->lockouts.said.text, said.text);
}

static void test_a_reload_keeps_it_for_the_same_user(void **state)
{
    LockoutCase *lockout_case = *state;
    const LockoutStore nowhere = {NULL, NULL, NULL};
    const Auth another = {.iam_endpoint = auth.iam_endpoint, .domain = "dom", .user = "dev"};
    Lockouts other, same;

    assert_int_equal(lockout_init(&other, &another, &nowhere), 0);
    assert_int_equal(lockout_init(&same, &auth, &nowhere), 0);
    refuse(lockout_case, "1101", "bad password");
    lockout_take_over(&other, &lockout_case->lockouts);
    assert_int_equal(lockout_check(&other, lockout_case->password, &lockout_case->err), 0);
    lockout_take_over(&same, &lockout_case->lockouts);
    assert_int_equal(lockout_check(&same, lockout_case->password, &lockout_case->err), -EACCES);
    assert_says(&lockout_case->err, "bad password");

    refuse(lockout_case, LOCKED, "too many attempts");
    lockout_take_over(&same, &lockout_case->lockouts);
    assert_int_equal(lockout_check(&same, lockout_case->other, &lockout_case->err), -EACCES);
    assert_says(&lockout_case->err, "the user is locked");
    lockout_done(&same);
    lockout_done(&other);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_refused_is_sent),
        TEST(test_a_refused_password_waits_for_another),
        TEST(test_each_refusal_counts_anew),
        TEST(test_the_next_run_goes_by_the_file),
        TEST(test_a_file_that_cannot_be_looked_at_is_no_refused_one),
        TEST(test_what_cannot_be_kept_says_so),
        TEST(test_a_locked_user_is_left_alone),
        TEST(test_a_lock_in_words),
        TEST(test_a_lock_ends),
        TEST(test_a_long_refusal_stays_whole),
        TEST(test_a_reload_keeps_it_for_the_same_user),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
