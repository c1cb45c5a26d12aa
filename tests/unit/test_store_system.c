/* SPDX-License-Identifier: MIT */
/* Calls of the system that fail under the state, each by itself: what is said of it, and that the
 * state is there again once they work. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/lock.h"
#include "daemon/store/store_internal.h"
#include "tests/unit/statement_case.h"
#include "tests/unit/system_case.h"

/* What is said, in which DIR stands for the directory. */
static void assert_told(const Folder *folder, const Err *err, const char *expected)
{
    const char *text = err->text, *at;
    Buf told = {0};

    while ((at = strstr(text, folder->state))) {
        buf_printf(&told, "%.*sDIR", (int)(at - text), text);
        text = at + strlen(folder->state);
    }
    buf_puts(&told, text);
    assert_string_equal(buf_text(&told), expected);
    buf_done(&told);
}

typedef struct Failure {
    SystemCall call;
    const char *ending;
    int error;
    int result;
    const char *told;
} Failure;

#define UNWRITTEN(why) "the state in DIR cannot be written: " why
#define LOST(what)                                                                                 \
    UNWRITTEN(what " was removed while rosterd runs; move the files that rosterd has open back, "  \
                   "or restart rosterd, which then goes by what is there (where nothing is, "      \
                   "history, pauses and approvals are lost)")
#define HELD                                                                                       \
    "another rosterd holds DIR: ask that one with rosterctl (reconcile, approve), or stop it "     \
    "first"
#define MANY "Too many open files in this process (raise LimitNOFILE= of the unit, or ulimit -n)"

static void write_it(Folder *folder, Store *store)
{
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
}

/* ---- opening ---- */

static const Failure openings[] = {
    {SYSTEM_STAT, "/state", EIO, -EIO,
     "the state directory DIR cannot be used: Input/output error"},
    {SYSTEM_OPEN, "/state", EMFILE, -EMFILE, UNWRITTEN(MANY)},
    {SYSTEM_FLOCK, "/state", EIO, -EIO, "DIR cannot be locked: Input/output error"},
    {SYSTEM_FLOCK, "/state", EBADF, 0, ""},
    {SYSTEM_FLOCK, "/state", EINVAL, 0, ""},
    {SYSTEM_FLOCK, "/state", ENOLCK, 0, ""},
    {SYSTEM_FLOCK, "/state", EOPNOTSUPP, 0, ""},
    {SYSTEM_FLOCK, "/state", EWOULDBLOCK, -EWOULDBLOCK, HELD},
    {SYSTEM_OPEN, "/lock", EACCES, -EACCES, UNWRITTEN("cannot open DIR/lock: Permission denied")},
    {SYSTEM_FLOCK, "/lock", EIO, -EIO, "DIR/lock cannot be locked: Input/output error"},
    {SYSTEM_FLOCK, "/lock", ENOLCK, -ENOLCK, "DIR/lock cannot be locked: No locks available"},
    {SYSTEM_FLOCK, "/lock", EWOULDBLOCK, -EWOULDBLOCK, HELD},
    {SYSTEM_STAT, "/rosterd.db", EIO, -EIO, "the state in DIR cannot be read: Input/output error"},
    {SYSTEM_OPEN, "/rosterd.db", EACCES, -EACCES, UNWRITTEN("Permission denied")},
    {SYSTEM_OPEN, "-wal", EMFILE, -EMFILE, UNWRITTEN("DIR/rosterd.db-wal: " MANY)},
    {SYSTEM_FSTAT, "/state", EIO, -EIO, UNWRITTEN("Input/output error")},
    {SYSTEM_FSTAT, "/lock", EIO, -EIO, UNWRITTEN("Input/output error")},
    {SYSTEM_LSTAT, "/lock", EIO, -EIO, UNWRITTEN("DIR/lock: Input/output error")},
};

static void check_opening(Folder *folder, const Failure *failure)
{
    Store *store = NULL;
    Err err = {0};
    int r, failed;

    system_fail(failure->call, failure->ending, failure->error);
    r = store_open(folder->state, &store, &err);
    failed = system_mend();
    if (r != failure->result || failed == 0)
        fail_msg("%d, %s, %s: %d, %s", failure->call, failure->ending, strerror(failure->error), r,
                 err.text);
    assert_told(folder, &err, failure->told);
    store_free(store);
}

static void test_opening(void **state)
{
    Folder *folder = *state;
    uint64_t action;
    Store *store = folder_open(folder);

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    store_free(store);
    for (size_t i = 0; i < ELEMENTS(openings); i++) {
        check_opening(folder, &openings[i]);
        store = folder_open(folder); /* nobody holds it any more */
        assert_int_equal(count_undecided(folder, store), 1);
        store_free(store);
    }
}

/* Each statement of it fails once, SQLite's own transaction aside. False: there are no more. */
static bool opens_without(Folder *folder, long statement, long *tolerated)
{
    Store *store = NULL;
    Err err = {0};
    int r;

    statement_fail_after(statement);
    r = store_open(folder->state, &store, &err);
    statement_stop();
    if (statement_did_fail() && r == 0)
        ++*tolerated;
    else if (r != (statement_did_fail() ? -ENOSPC : 0) || (r < 0 && !strstr(err.text, "disk full")))
        fail_msg("%ld: %d, %s", statement, r, err.text);
    store_free(store);
    return statement_did_fail();
}

static void test_statements_of_opening(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    char *before, *after;
    long tolerated = 0, statement = 0;

    write_it(folder, store);
    store_free(store);
    before = statement_dump(folder);
    while (opens_without(folder, statement, &tolerated))
        statement++;
    assert_true(statement >= 7);
    assert_int_equal(tolerated, 0);
    after = statement_dump(folder);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

/* ---- checking, and recording ---- */

static const Failure checks[] = {
    {SYSTEM_FSTAT, "/state", EIO, -EIO, UNWRITTEN("Input/output error")},
    {SYSTEM_STAT, "/state", EIO, -EIO, UNWRITTEN("the directory: Input/output error")},
    {SYSTEM_STAT, "/state", ENOENT, -EBADFD, LOST("the directory")},
    {SYSTEM_STAT, "/state", ENOTDIR, -EBADFD, LOST("the directory")},
    {SYSTEM_FSTAT, "/rosterd.db", EIO, -EIO, UNWRITTEN("Input/output error")},
    {SYSTEM_LSTAT, "/rosterd.db", EACCES, -EACCES, UNWRITTEN("DIR/rosterd.db: Permission denied")},
    {SYSTEM_FSTAT, "/rosterd.db-wal", EIO, -EIO, UNWRITTEN("Input/output error")},
    {SYSTEM_LSTAT, "/rosterd.db-wal", ENOTDIR, -EBADFD, LOST("DIR/rosterd.db-wal")},
    {SYSTEM_LSTAT, "/rosterd.db-shm", EIO, -EIO,
     UNWRITTEN("DIR/rosterd.db-shm: Input/output error")},
    {SYSTEM_FSTAT, "/lock", EIO, -EIO, UNWRITTEN("Input/output error")},
    {SYSTEM_LSTAT, "/lock", ENOENT, -EBADFD, LOST("DIR/lock")},
};

static void check_check(Folder *folder, Store *store, const Failure *failure)
{
    Change deletion;
    Batch batch = folder_batch(folder, &deletion, 1);
    Err err = {0}, of_record = {0};
    int r;

    system_fail(failure->call, failure->ending, failure->error);
    r = store_check(store, &err);
    if (r != failure->result)
        fail_msg("%d, %s: %d, %s", failure->call, failure->ending, r, err.text);
    assert_told(folder, &err, failure->told);
    assert_int_equal(store_record(store, &batch, 1, NOW, &of_record), failure->result);
    assert_int_equal(deletion.action, 0);
    assert_says(&of_record, "; nothing was deleted");
    assert_true(system_mend() > 0);
    assert_int_equal(store_check(store, &err), 0);
}

static void test_checking(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);
    uint64_t action;

    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    for (size_t i = 0; i < ELEMENTS(checks); i++)
        check_check(folder, store, &checks[i]);
    record_one(folder, store, NOW, &action);
    assert_int_equal(count_undecided(folder, store), 2);
    store_free(store);
}

/* ---- the word of a good end ---- */

static bool has_ended_well(const Folder *folder)
{
    Buf said = folder_bytes(folder, "clean-end");
    bool is_said = said.size > 0;

    buf_done(&said);
    return is_said;
}

/* What is not known to be on the disk as it should be did not end well. */
static void test_ending(void **state)
{
    static const struct {
        SystemCall call;
        const char *ending;
        bool ends_well;
    } ends[] = {
        {SYSTEM_STAT, "/rosterd.db-wal", false}, {SYSTEM_STAT, "/rosterd.db-journal", false},
        {SYSTEM_STAT, "/rosterd.db", false},     {SYSTEM_OPEN, "/rosterd.db", false},
        {SYSTEM_FSYNC, "/rosterd.db", false},    {SYSTEM_OPEN, "clean-end", false},
        {SYSTEM_WRITE, "/clean-end", false},     {SYSTEM_FSYNC, "/clean-end", true},
        {SYSTEM_FSTAT, "/lock", false},
    };
    Folder *folder = *state;

    store_free(folder_open(folder));
    assert_true(has_ended_well(folder));
    for (size_t i = 0; i < ELEMENTS(ends); i++) {
        Store *store = folder_open(folder);

        write_it(folder, store);
        assert_false(has_ended_well(folder));
        system_fail(ends[i].call, ends[i].ending, EIO);
        store_free(store);
        assert_true(system_mend() > 0);
        if (has_ended_well(folder) != ends[i].ends_well)
            fail_msg("%d, %s", ends[i].call, ends[i].ending);
        store_free(folder_open(folder));
        assert_true(has_ended_well(folder));
    }
}

static const Failure revocations[] = {
    {SYSTEM_OPEN, "clean-end", EACCES, -EACCES,
     UNWRITTEN("clean-end: Permission denied; nothing was deleted")},
    {SYSTEM_FTRUNCATE, "/clean-end", EIO, -EIO,
     UNWRITTEN("clean-end: Input/output error; nothing was deleted")},
    {SYSTEM_FSYNC, "/clean-end", EROFS, -EROFS,
     UNWRITTEN("clean-end: Read-only file system; nothing was deleted")},
};

/* Nothing is written while the word stands. */
static void test_the_word_cannot_be_taken_back(void **state)
{
    Folder *folder = *state;

    store_free(folder_open(folder));
    for (size_t i = 0; i < ELEMENTS(revocations); i++) {
        const Failure *failure = &revocations[i];
        Store *store = folder_open(folder);
        Change deletion;
        Batch batch = folder_batch(folder, &deletion, 1);
        Err err = {0};

        assert_int_equal(store_begin_pass(store, NOW, folder->pass, &err), 0);
        system_fail(failure->call, failure->ending, failure->error);
        assert_int_equal(store_record(store, &batch, 1, NOW, &err), failure->result);
        assert_true(system_mend() > 0);
        assert_told(folder, &err, failure->told);
        write_it(folder, store);
        assert_false(has_ended_well(folder));
        assert_int_equal(count_undecided(folder, store), i + 1);
        store_free(store);
    }
}

/* ---- what was sent ---- */

static int settle_gone(void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return SETTLEMENT_GONE;
}

static void take_outcome(void *userdata, const StoreAction *action, Outcome outcome)
{
    (void)action;
    *(Outcome *)userdata = outcome;
}

/* What becomes of a deletion of a killed run whose member is gone. */
static Outcome settled(Folder *folder)
{
    Outcome outcome = OUTCOME_PLANNED;
    const StoreSettling settling = {
        .list = {settle_gone, find_nobody, find_nobody_corrected, NULL, NULL},
        .on_settled = take_outcome,
        .userdata = &outcome};
    Store *store = folder_open(folder);

    assert_int_equal(store_settle(store, KEY, "c1", &settling, NOW, &folder->err), 0);
    store_free(store);
    return outcome;
}

/* With that call failing while the state is opened, and while the deletion is noted as sent. */
static Outcome outcome_of(Folder *folder, SystemCall opening, SystemCall noting, bool is_sent)
{
    uint64_t action;
    Store *store;

    system_fail(opening, "/lock", EIO);
    store = folder_open(folder);
    system_mend();
    folder_begin(folder, store);
    record_one(folder, store, NOW, &action);
    system_fail(noting, "/lock", EIO);
    if (is_sent)
        store_note_sent(store, action);
    system_mend();
    store_free(store);
    return settled(folder);
}

/* It is rosterd's, unless it is known that it was not sent. */
static void test_what_cannot_be_noted_may_have_been_sent(void **state)
{
    Folder *folder = *state;

    assert_int_equal(outcome_of(folder, SYSTEM_NONE, SYSTEM_NONE, false), OUTCOME_GONE);
    assert_int_equal(outcome_of(folder, SYSTEM_NONE, SYSTEM_NONE, true), OUTCOME_DELETED);
    assert_int_equal(outcome_of(folder, SYSTEM_NONE, SYSTEM_PWRITE, true), OUTCOME_DELETED);
    scratch_remove(folder->state);
    assert_int_equal(outcome_of(folder, SYSTEM_PWRITE, SYSTEM_NONE, false), OUTCOME_DELETED);
    scratch_remove(folder->state);
    assert_int_equal(outcome_of(folder, SYSTEM_FTRUNCATE, SYSTEM_NONE, true), OUTCOME_DELETED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_opening),
        TEST(test_statements_of_opening),
        TEST(test_checking),
        TEST(test_ending),
        TEST(test_the_word_cannot_be_taken_back),
        TEST(test_what_cannot_be_noted_may_have_been_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
