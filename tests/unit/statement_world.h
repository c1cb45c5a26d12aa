/* SPDX-License-Identifier: MIT */
/* A state that has something of everything, and calls on it: what each makes of its rows, and that
 * each statement of it may fail. */
#pragma once

#include "tests/unit/statement_case.h"

#include "daemon/store/carry.h"
#include "daemon/store/mirror.h"
#include "daemon/store/outbox.h"
#include "daemon/store/owners.h"
#include "daemon/store/quarantine.h"
#include "daemon/store/samples.h"

#define DIGEST_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define OTHER_KEY "https://roma.example p1 i2"
#define HERE "admin-a"
#define THERE "admin-b"

/* Actions of passes that have ended: 1, m1 of c1 was disabled, and is in quarantine; 2 and 3 are
 * not decided; 4, an undo put m5 back. */
enum { WORLD_DELETION = 2, WORLD_ADDITION, WORLD_PUT_BACK, WORLD_ACTIONS = WORLD_PUT_BACK };

/* What comes of a call of which a statement failed. */
typedef enum AfterFailure {
    AFTER_AGAIN,  /* it is done by calling it again */
    AFTER_KEPT,   /* it goes with the next commit */
    AFTER_LOST,   /* it cannot be told again; it may be committed */
    AFTER_COMMIT, /* as AFTER_AGAIN, unless it is committed and what is read afterwards fails */
} AfterFailure;

/* One call that writes. */
typedef struct StatementCall {
    const char *name;
    int (*call)(Folder *folder, Store *store, Err *err);
    void (*prepare)(Folder *folder, Store *store);
    AfterFailure after;
    const char *difference; /* of the committed rows */
} StatementCall;

static const RosterChannel world_channel = {
    .name = "payments", .mode = MODE_PRUNE, .quarantine_usec = USEC_PER_HOUR};

/* ---- lists ---- */

static int settle_gone(void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return SETTLEMENT_GONE;
}

static int settle_failed(void *list, const char *member_id)
{
    (void)list;
    assert_string_equal(member_id, "m2");
    return SETTLEMENT_FAILED;
}

static const char *find_m33(const void *list, const void *identity, size_t identity_size)
{
    (void)list;
    return identity_size == 2 && memcmp(identity, "i3", 2) == 0 ? "m33" : NULL;
}

static SwitchLook look_absent(const void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return SWITCH_ABSENT;
}

static SwitchLook look_disabled(const void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return SWITCH_DISABLED;
}

static const SettleList world_list_empty = {settle_gone, find_nobody, find_nobody_corrected, NULL,
                                            look_absent};
static const SettleList world_list_same = {settle_failed, find_m33, find_nobody_corrected, NULL,
                                           look_disabled};

/* ---- what there is ---- */

static void world_begin(Folder *folder, Store *store)
{
    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    assert_int_equal(store_begin_pass(store, realtime_now, folder->pass, &folder->err), 0);
}

static void begin(Folder *folder, Store *store, const char *undo_of)
{
    world_begin(folder, store);
    store_set_origin(store, folder->pass, &(StoreOrigin){DIGEST_A, DIGEST_B, undo_of});
}

static void record(Folder *folder, Store *store, Change *changes, size_t count)
{
    const Batch batch = {folder->pass, &world_channel, "prod", KEY,     "c1",
                         "payments",   DIGEST_A,       false,  changes, count};

    if (store_record(store, &batch, 1, realtime_now, &folder->err) < 0)
        fail_msg("store_record: %s", folder->err.text);
}

static void end(Folder *folder, Store *store)
{
    assert_int_equal(store_end_pass(store, folder->pass, "converged", realtime_now, NULL), 0);
}

static void fill_history(Folder *folder, Store *store)
{
    Change disabled = {CHANGE_DISABLE, "m1", "i1", 2, "{\"a\":1}", NULL, 0};
    Change open[] = {{CHANGE_DELETE, "m2", "i2", 2, "{\"a\":2}", NULL, 0},
                     {CHANGE_ADD, "", "i3", 2, NULL, "{\"a\":3}", 0}};
    Change back = {CHANGE_ADD, "", "i5", 2, NULL, "{\"a\":5}", 0};
    const Answer answer = {.http = 200, .code = "APIG.9", .request_id = "r1"};

    begin(folder, store, NULL);
    record(folder, store, &disabled, 1);
    assert_int_equal(store_decide(store, disabled.action, OUTCOME_DISABLED, 2, NULL, &answer,
                                  realtime_now, NULL),
                     0);
    end(folder, store);
    time_pass(USEC_PER_MINUTE);
    begin(folder, store, NULL);
    record(folder, store, open, 2);
    end(folder, store);
    time_pass(USEC_PER_MINUTE);
    begin(folder, store, folder->pass);
    record(folder, store, &back, 1);
    assert_int_equal(back.action, WORLD_PUT_BACK);
    assert_int_equal(store_decide_listed(store, back.action, OUTCOME_ADDED, 1,
                                         &(ListedMember){"m5", 9}, &answer, realtime_now, NULL),
                     0);
    end(folder, store);
}

static void fill_pauses(Store *store)
{
    const StorePause here = {.scope = {KEY, "prod", "c1", "payments"},
                             .reason = "work",
                             .until_usec = NOW + USEC_PER_HOUR,
                             .uid = 7,
                             .host = HERE,
                             .is_local = true};
    const StorePause there = {.scope = {OTHER_KEY, "other", NULL, NULL},
                              .reason = "stop",
                              .made_usec = NOW - USEC_PER_HOUR,
                              .host = THERE};

    assert_int_equal(store_pause(store, &here, realtime_now, NULL, NULL), 0);
    assert_int_equal(store_pause(store, &there, realtime_now, NULL, NULL), 0);
}

static void fill_channels(Store *store)
{
    static const char *const members[] = {"m7"};
    const StoreScope channel = {KEY, "prod", "c1", "payments"};
    const Sighting sighting = {"m1", 2};
    StoreSample samples[] = {
        {.channel = channel, .time_usec = realtime_now, .result = "unmanageable", .desired = 9},
        {{KEY, "prod", "c2", "two"}, realtime_now, "held", true, 1, 2, 3, 4, 5, 6, 7, false, 0},
    };

    assert_int_equal(store_remember(store, KEY, "c1", &sighting, 1, NULL), 0);
    assert_int_equal(
        store_quarantine_enter(store, &channel, 2 * USEC_PER_HOUR, members, 1, realtime_now, NULL),
        0);
    assert_int_equal(store_samples_add(store, samples, 2, NULL), 0);
    assert_int_equal(store_approve(store, DIGEST_A, realtime_now, NULL), 0);
    assert_int_equal(store_approve(store, DIGEST_B, realtime_now, NULL), 0);
    assert_int_equal(store_mirror_keep_own(store, DIGEST_B, NULL), 0);
    assert_int_equal(store_owners_note(store, KEY, "prod", THERE, realtime_now, NULL), 0);
}

static void fill_outbox(Store *store, const char *notifier, const char *id)
{
    const StoreNotice notice = {.id = id,
                                .kind = "held",
                                .phase = "begins",
                                .instance_name = "prod",
                                .channel_name = "payments",
                                .body = "{}"};
    const StoreTold told = {.condition = {.kind = "held",
                                          .instance_key = KEY,
                                          .channel = id,
                                          .instance_name = "prod",
                                          .channel_name = "payments",
                                          .since_usec = realtime_now,
                                          .is_open = true,
                                          .passes = 3,
                                          .told_usec = 100 * USEC_PER_SEC},
                            .notice = &notice};

    assert_int_equal(store_outbox_add(store, notifier, &told, 1, NULL), 0);
}

static void fill(Folder *folder)
{
    CarryChange elsewhere = {"c1", "delete", "i9", 2, NOW - USEC_PER_MINUTE};
    const StoreCarry carry = {.changes = &elsewhere, .change_count = 1};
    const Lockout lockout = {
        .mark = "1:2",
        .until_usec = NOW + USEC_PER_HOUR,
        .refused_usec = NOW,
        .said = {.http = 401, .code = "IAM.0", .request_id = "r0", .text = "wrong"}};
    Store *store = folder_open(folder);

    assert_int_equal(store_name_instance(store, OTHER_KEY, "other", NULL), 0);
    assert_int_equal(store_carry_put(store, KEY, "prod", &carry, false, NOW, NULL), 0);
    fill_history(folder, store);
    fill_pauses(store);
    fill_channels(store);
    fill_outbox(store, "slack a", "n1");
    time_pass(USEC_PER_MINUTE);
    fill_outbox(store, "slack a", "n2");
    fill_outbox(store, "slack b", "n3");
    assert_int_equal(store_keep_lockout(store, "ops", &lockout, NULL), 0);
    assert_int_equal(store_flush(store, NULL), 0);
    store_free(store);
    time_pass(10 * USEC_PER_MINUTE);
}

/* ---- trying ---- */

/* In the place of the C library's: hundreds of states are made, and none outlives the machine. */
int fsync(int fd)
{
    (void)fd;
    return 0;
}

int fdatasync(int fd)
{
    return fsync(fd);
}

#define WORLD_BUFFERED "+ sighting instance=2 channel_id=c9 member_id=m9 count=9\n"

typedef struct Trial {
    Folder *folder;
    Buf filled; /* rosterd.db */
    const StatementCall *call;
    bool is_busy; /* something else is buffered */
    char *before, *expected;
} Trial;

static Store *trial_begin(Trial *trial)
{
    Folder *folder = trial->folder;
    Store *store;

    scratch_remove(folder->state);
    assert_int_equal(mkdir(folder->state, 0700), 0);
    folder_write(folder, "rosterd.db", buf_text(&trial->filled), trial->filled.size);
    store = folder_open(folder);
    world_begin(folder, store);
    if (trial->call->prepare)
        trial->call->prepare(folder, store);
    assert_int_equal(store_flush(store, &folder->err), 0);
    free(trial->before);
    trial->before = statement_dump(folder);
    if (trial->is_busy)
        assert_int_equal(store_remember(store, KEY, "c9", &(Sighting){"m9", 9}, 1, NULL), 0);
    return store;
}

static void trial_end(Trial *trial, Store *store, long failed)
{
    char *after;

    if (store_flush(store, &trial->folder->err) < 0)
        fail_msg("%s: store_flush: %s", trial->call->name, trial->folder->err.text);
    after = statement_dump(trial->folder);
    if (strcmp(after, trial->expected) != 0)
        fail_msg("%s, after statement %ld has failed:\n%s", trial->call->name, failed,
                 statement_difference(trial->expected, after));
    free(after);
    store_free(store);
}

/* Without a failure. Returns how many statements it took. */
static long trial_succeed(Trial *trial)
{
    Store *store = trial_begin(trial);
    Err err = {0};
    char *difference;
    long count;
    int r;

    statement_fail_after(-1);
    r = trial->call->call(trial->folder, store, &err);
    count = statement_stop();
    if (r < 0 || err_is_set(&err))
        fail_msg("%s: %d, %s", trial->call->name, r, err.text);
    assert_int_equal(store_flush(store, NULL), 0);
    trial->expected = statement_dump(trial->folder);
    difference = statement_difference(trial->before, trial->expected);
    if (!trial->is_busy && strcmp(difference, trial->call->difference) != 0)
        fail_msg("%s:\n%s", trial->call->name, difference);
    free(difference);
    store_free(store);
    return count;
}

/* What was buffered before may be committed. False where it all is, and may be. */
static bool trial_is_as_before(const Trial *trial, long number)
{
    char *now = statement_dump(trial->folder);
    char *difference = statement_difference(trial->before, now);
    bool is_done = trial->call->after >= AFTER_LOST && strcmp(now, trial->expected) == 0;

    if (!is_done && difference[0] && (!trial->is_busy || strcmp(difference, WORLD_BUFFERED) != 0))
        fail_msg("%s, statement %ld fails:\n%s", trial->call->name, number, difference);
    free(difference);
    free(now);
    return !is_done;
}

static void trial_fail(Trial *trial, long number)
{
    Store *store = trial_begin(trial);
    Err err = {0};
    int r;

    statement_fail_after(number);
    r = trial->call->call(trial->folder, store, &err);
    statement_stop();
    if (r != -ENOSPC || !strstr(err.text, "disk full"))
        fail_msg("%s, statement %ld fails: %d, %s", trial->call->name, number, r, err.text);
    if (!trial_is_as_before(trial, number) || trial->call->after == AFTER_LOST) {
        store_free(store);
        return;
    }
    r = trial->call->after == AFTER_KEPT ? 0 : trial->call->call(trial->folder, store, &err);
    if (r < 0)
        fail_msg("%s, after statement %ld: %d, %s", trial->call->name, number, r, err.text);
    trial_end(trial, store, number);
}

/* Each in a state of its own, with nothing and with something else buffered. */
static inline void statement_check(void **state, const StatementCall *calls, size_t count)
{
    Trial trial = {.folder = *state};

    fill(trial.folder);
    trial.filled = folder_bytes(trial.folder, "rosterd.db");
    for (size_t i = 0; i < 2 * count; i++) {
        long statements;

        trial.call = &calls[i / 2];
        trial.is_busy = i % 2 != 0;
        statements = trial_succeed(&trial);
        for (long number = 0; number < statements; number++)
            trial_fail(&trial, number);
        free(trial.expected);
    }
    free(trial.before);
    buf_done(&trial.filled);
}
