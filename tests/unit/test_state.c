/* SPDX-License-Identifier: MIT */
/* Where the state is, how a program opens it, and what it logs where that fails. */
#include "tests/unit/test_store_common.h"

#include <fcntl.h>

#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/store/state.h"
#include "daemon/store/state_dir.h"

#define KEEP_USEC (2 * USEC_PER_DAY)

typedef struct StateCase {
    Folder *folder;
    Config config;
    State state;
    int stderr_fd;
    char log[SCRATCH_SIZE + 8];
} StateCase;

static int setup(void **state)
{
    StateCase *state_case = test_calloc(1, sizeof(*state_case));
    int fd;

    folder_setup((void **)&state_case->folder);
    state_case->config = (Config){
        .state_dir = state_case->folder->state,
        .history_keep_usec = KEEP_USEC,
    };
    snprintf(state_case->log, sizeof(state_case->log), "%s/log", state_case->folder->root);
    fd = open(state_case->log, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    state_case->stderr_fd = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    close(fd);
    log_setup(LOG_FORMAT_TEXT, LOG_LEVEL_NOTICE);
    *state = state_case;
    return 0;
}

static int teardown(void **state)
{
    StateCase *state_case = *state;

    state_close(&state_case->state);
    dup2(state_case->stderr_fd, STDERR_FILENO);
    close(state_case->stderr_fd);
    folder_teardown((void **)&state_case->folder);
    test_free(state_case);
    return 0;
}

/* What was logged since the last look. */
static void assert_logged(const StateCase *state_case, const char *expected)
{
    _cleanup_(buf_done) Buf text = {0};

    assert_int_equal(file_read(state_case->log, 1U << 16, &text, NULL), 0);
    if (expected[0] ? !strstr(buf_text(&text), expected) : text.size > 0)
        fail_msg("\"%s\" instead of \"%s\"", buf_text(&text), expected);
    assert_int_equal(ftruncate(STDERR_FILENO, 0), 0);
    assert_int_equal(lseek(STDERR_FILENO, 0, SEEK_SET), 0);
}

/* ---- where it is ---- */

static void assert_found(const char *expected)
{
    const Config config = {0};
    char *path = NULL;
    Err err = {0};
    int r = state_dir_find(&config, &path, &err);

    if (expected) {
        assert_int_equal(r, 0);
        assert_string_equal(path, expected);
    } else {
        assert_int_equal(r, -ENOENT);
        assert_null(path);
        assert_says(&err, "no place is known for the state: set state_dir in the settings");
    }
    free(path);
}

static void test_where_the_state_is(void **state)
{
    const StateCase *state_case = *state;
    char *path = NULL;
    bool is_root = geteuid() == 0;

    setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two", 1);
    assert_int_equal(state_dir_find(&state_case->config, &path, NULL), 0);
    assert_string_equal(path, state_case->folder->state);
    free(path);
    assert_found("/var/lib/one");
    setenv("STATE_DIRECTORY", "", 1);
    setenv("XDG_STATE_HOME", "/home/ops/xdg", 1);
    setenv("HOME", "/home/ops", 1);
    assert_found(is_root ? STATE_DIR_OF_ROOT : "/home/ops/xdg/rosterd");
    if (!is_root || seteuid(65534) < 0)
        return;
    assert_found("/home/ops/xdg/rosterd");
    setenv("XDG_STATE_HOME", "", 1);
    assert_found("/home/ops/.local/state/rosterd");
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    unsetenv("STATE_DIRECTORY");
    assert_found(NULL);
    assert_int_equal(seteuid(0), 0);
}

/* ---- opening it ---- */

static void test_it_is_opened_without_a_word(void **state)
{
    StateCase *state_case = *state;

    assert_int_equal(state_open(&state_case->state, &state_case->config, false), 0);
    assert_non_null(state_case->state.store);
    assert_string_equal(state_case->state.directory, state_case->folder->state);
    assert_true(state_retry(&state_case->state, &state_case->config, false));
    assert_logged(state_case, "");
}

static void test_a_dry_run_changes_nothing(void **state)
{
    StateCase *state_case = *state;

    assert_int_equal(state_open(&state_case->state, &state_case->config, true), 0);
    assert_non_null(state_case->state.store);
    assert_int_equal(access(state_case->folder->state, F_OK), -1);
    assert_logged(state_case, "");
}

static void test_another_rosterd_holds_it(void **state)
{
    StateCase *state_case = *state;
    Store *store = folder_open(state_case->folder);

    assert_int_equal(state_open(&state_case->state, &state_case->config, false), -EWOULDBLOCK);
    assert_null(state_case->state.store);
    assert_says(&state_case->state.err, "another rosterd");
    assert_int_equal(state_lock(&state_case->state, &state_case->config), -EWOULDBLOCK);
    assert_false(state_case->state.is_locked);
    assert_false(state_retry(&state_case->state, &state_case->config, false));
    assert_logged(state_case, "");
    store_free(store);
    assert_true(state_retry(&state_case->state, &state_case->config, false));
}

/* The daemon goes on without it, deletes nothing, and says what to do. */
static void test_it_cannot_be_opened(void **state)
{
    StateCase *state_case = *state;
    char path[128];

    snprintf(path, sizeof(path), "%s/not/there", state_case->folder->root);
    state_case->config.state_dir = path;
    assert_int_equal(state_open(&state_case->state, &state_case->config, false), 0);
    assert_null(state_case->state.store);
    assert_says(&state_case->state.err, "make that one first");
    assert_says(&state_case->state.err, "it should be a directory that uid ");
    assert_logged(state_case, "it should be a directory that uid ");
    assert_false(state_retry(&state_case->state, &state_case->config, false));
    assert_logged(state_case, "");
    /* In the same directory, whatever the settings say by now. */
    state_case->config.state_dir = state_case->folder->state;
    assert_false(state_retry(&state_case->state, &state_case->config, false));
}

static void test_what_a_dry_run_cannot_read(void **state)
{
    StateCase *state_case = *state;
    char path[128];

    snprintf(path, sizeof(path), "%s/log", state_case->folder->root);
    state_case->config.state_dir = path; /* a file */
    assert_int_equal(state_open(&state_case->state, &state_case->config, true), 0);
    assert_null(state_case->state.store);
    assert_logged(state_case, "run rosterd as the owner of the state, or set state_dir");
}

/* What no owner and no other place would mend has its own remedy. */
static void test_a_damaged_state_needs_no_other_owner(void **state)
{
    StateCase *state_case = *state;
    char text[512];

    store_free(folder_open(state_case->folder));
    folder_write(state_case->folder, "rosterd.db", "no database", 11);
    assert_int_equal(state_open(&state_case->state, &state_case->config, false), 0);
    assert_null(state_case->state.store);
    str_copy(text, sizeof(text), state_case->state.err.text);
    assert_non_null(strstr(text, "damaged"));
    assert_null(strstr(text, "it should be a directory"));
    assert_logged(state_case, "damaged");
}

static void test_no_place_is_known(void **state)
{
    StateCase *state_case = *state;

    state_case->config.state_dir = NULL;
    if (geteuid() != 0 || seteuid(65534) < 0)
        return;
    unsetenv("STATE_DIRECTORY");
    unsetenv("XDG_STATE_HOME");
    unsetenv("HOME");
    assert_int_equal(state_open(&state_case->state, &state_case->config, false), 0);
    assert_int_equal(state_lock(&state_case->state, &state_case->config), 0);
    assert_int_equal(seteuid(0), 0);
    assert_null(state_case->state.store);
    assert_false(state_case->state.is_locked);
    assert_logged(state_case, "no place is known for the state");
}

/* ---- a daemon in dry run ---- */

static void test_a_lock_keeps_others_away(void **state)
{
    StateCase *state_case = *state;
    Store *store = NULL;
    State other = {0};

    assert_int_equal(state_lock(&state_case->state, &state_case->config), 0);
    assert_true(state_case->state.is_locked);
    assert_int_equal(store_open(state_case->folder->state, &store, NULL), -EWOULDBLOCK);
    assert_int_equal(state_lock(&other, &state_case->config), -EWOULDBLOCK);
    state_close(&other);
    assert_int_equal(state_open(&state_case->state, &state_case->config, true), 0);
    assert_non_null(state_case->state.store);
    assert_logged(state_case, "");
    state_close(&state_case->state);
    assert_int_equal(state_lock(&other, &state_case->config), 0);
    state_close(&other);
}

static void test_a_lock_that_cannot_be_had_is_told(void **state)
{
    StateCase *state_case = *state;
    char path[128];

    snprintf(path, sizeof(path), "%s/not/there", state_case->folder->root);
    state_case->config.state_dir = path;
    assert_int_equal(state_lock(&state_case->state, &state_case->config), 0);
    assert_false(state_case->state.is_locked);
    assert_logged(state_case, "it should be a directory that uid ");
}

/* ---- forgetting ---- */

static void record_passes(StateCase *state_case, size_t count, size_t each)
{
    Folder *folder = state_case->folder;
    Store *store = state_case->state.store;

    for (size_t i = 0; i < count; i++) {
        Change deletions[3];
        Batch batch = folder_batch(folder, deletions, each);

        folder_begin(folder, store);
        assert_int_equal(store_record(store, &batch, 1, realtime_now, &folder->err), 0);
        for (size_t k = 0; k < each; k++)
            assert_int_equal(store_decide(store, deletions[k].action, OUTCOME_DELETED, 1, NULL,
                                          NULL, realtime_now, NULL),
                             0);
        assert_int_equal(store_end_pass(store, folder->pass, "converged", realtime_now, NULL), 0);
    }
}

static void test_what_is_forgotten_is_told(void **state)
{
    StateCase *state_case = *state;

    state_prune(&state_case->state, &state_case->config, 1);
    assert_logged(state_case, "");
    assert_int_equal(state_open(&state_case->state, &state_case->config, false), 0);
    record_passes(state_case, 1, 1);
    time_pass(USEC_PER_SEC);
    record_passes(state_case, 20, 1);
    state_prune(&state_case->state, &state_case->config, 1);
    assert_logged(state_case, "");
    time_pass(KEEP_USEC);
    state_prune(&state_case->state, &state_case->config, 1);
    assert_logged(state_case, "history: 1 action of 1 pass, up to 2026-11-24T15:04:05Z, forgotten: "
                              "older than history_keep");
    record_passes(state_case, 2, 3);
    time_pass(KEEP_USEC + 1);
    state_prune(&state_case->state, &state_case->config, 1);
    assert_logged(state_case, "history: 2 actions of 2 passes, up to 2026-11-24T15:04:06Z, "
                              "forgotten: older than history_keep");
}

static void test_what_cannot_be_forgotten_is_told(void **state)
{
    StateCase *state_case = *state;
    char path[128];

    assert_int_equal(state_open(&state_case->state, &state_case->config, false), 0);
    record_passes(state_case, 21, 1);
    time_pass(KEEP_USEC + 1);
    snprintf(path, sizeof(path), "%s/rosterd.db-wal", state_case->folder->state);
    assert_int_equal(unlink(path), 0);
    state_prune(&state_case->state, &state_case->config, 1);
    assert_logged(state_case, "old history stays: ");
}

/* Turn by turn: what is old is forgotten first, what is left is read back then, once a day. */
static void test_it_is_kept_up(void **state)
{
    StateCase *state_case = *state;
    const Config *config = &state_case->config;
    State *kept = &state_case->state;
    size_t turns = 0;

    assert_int_equal(state_keep_up(kept, config), USEC_PER_DAY);
    assert_int_equal(state_open(kept, config, false), 0);
    for (size_t day = 0; day < 2; day++) {
        assert_int_equal(state_keep_up(kept, config), USEC_PER_SEC);
        assert_true(kept->has_pruned);
        assert_int_equal(state_keep_up(kept, config), USEC_PER_DAY);
        assert_false(kept->has_pruned);
    }
    record_passes(state_case, 400, 3);
    record_passes(state_case, 20, 1);
    time_pass(KEEP_USEC + 1);
    while (state_keep_up(kept, config) == 100 * USEC_PER_MSEC)
        turns++;
    assert_true(turns > 0 && turns < 1000);
    assert_true(kept->has_pruned);
    assert_logged(state_case, "history: 1200 actions of 400 passes");
    assert_int_equal(state_keep_up(kept, config), USEC_PER_DAY);
    assert_logged(state_case, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_where_the_state_is),
        TEST(test_it_is_opened_without_a_word),
        TEST(test_a_dry_run_changes_nothing),
        TEST(test_another_rosterd_holds_it),
        TEST(test_it_cannot_be_opened),
        TEST(test_what_a_dry_run_cannot_read),
        TEST(test_a_damaged_state_needs_no_other_owner),
        TEST(test_no_place_is_known),
        TEST(test_a_lock_keeps_others_away),
        TEST(test_a_lock_that_cannot_be_had_is_told),
        TEST(test_what_is_forgotten_is_told),
        TEST(test_what_cannot_be_forgotten_is_told),
        TEST(test_it_is_kept_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
