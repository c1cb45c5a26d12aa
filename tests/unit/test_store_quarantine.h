/* SPDX-License-Identifier: MIT */
/* What tests of quarantine in the state share: switches of a member, and who is in it. */
#pragma once

#include "tests/unit/test_store_common.h"

#include "daemon/store/quarantine.h"

#define SPAN_USEC (10 * USEC_PER_HOUR)

static const RosterChannel roster = {
    .name = "payments", .mode = MODE_PRUNE, .quarantine_usec = SPAN_USEC};

/* Records that m1 is disabled, or enabled; what comes of it is decided later. */
static inline uint64_t record_switch(Folder *folder, Store *store, ChangeKind kind)
{
    Change change;
    Batch batch = folder_batch(folder, &change, 1);

    folder_begin(folder, store);
    batch.channel = &roster;
    change.kind = kind;
    assert_int_equal(store_record(store, &batch, 1, realtime_now, &folder->err), 0);
    return change.action;
}

static inline void decide(Folder *folder, Store *store, uint64_t action, Outcome outcome)
{
    assert_int_equal(
        store_decide(store, action, outcome, 1, NULL, NULL, realtime_now, &folder->err), 0);
    assert_int_equal(store_flush(store, &folder->err), 0);
}

static inline void disable(Folder *folder, Store *store)
{
    decide(folder, store, record_switch(folder, store, CHANGE_DISABLE), OUTCOME_DISABLED);
}

/* What the state says of channel c1, of which a roster has that quarantine. */
static inline Quarantine recall(Folder *folder, Store *store, uint64_t span_usec)
{
    Quarantine quarantine = {0};

    assert_int_equal(store_quarantine_recall(store, KEY, "c1", span_usec, realtime_now, &quarantine,
                                             &folder->err),
                     0);
    return quarantine;
}

static inline void expect_left(Folder *folder, Store *store, uint64_t span_usec, uint64_t left_usec)
{
    Quarantine quarantine = recall(folder, store, span_usec);

    assert_int_equal(quarantine.count, 1);
    assert_string_equal(quarantine.rows[0].member_id, "m1");
    assert_true(quarantine.rows[0].is_ours);
    assert_int_equal(quarantine.rows[0].left_usec, left_usec);
    assert_int_equal(quarantine.rows[0].until_usec, realtime_now + left_usec);
    quarantine_done(&quarantine);
}

static inline void expect_nobody(Folder *folder, Store *store)
{
    Quarantine quarantine = recall(folder, store, SPAN_USEC);

    assert_int_equal(quarantine.count, 0);
    quarantine_done(&quarantine);
}
