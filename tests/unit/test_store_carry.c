/* SPDX-License-Identifier: MIT */
/* What goes along when an instance changes hands: out of the state of one host, into that of
 * another. */
#include "tests/unit/test_store_common.h"

#include "daemon/store/carry.h"
#include "daemon/store/outbox.h"
#include "daemon/store/quarantine.h"

#define NOTIFIER "chat.url slack"
#define ORIGINAL "{\"host\":\"10.1.0.9\"}"

static Store *open_second(Folder *folder)
{
    char path[128];
    Store *store = NULL;

    snprintf(path, sizeof(path), "%s/second", folder->root);
    assert_int_equal(store_open(path, &store, &folder->err), 0);
    return store;
}

static StoreCarry take(Folder *folder, Store *store)
{
    StoreCarry carry;

    if (store_carry_take(store, KEY, &carry, &folder->err) < 0)
        fail_msg("store_carry_take: %s", folder->err.text);
    return carry;
}

static void put(Folder *folder, Store *store, const StoreCarry *carry, bool with_sightings)
{
    if (store_carry_put(store, KEY, "prod", carry, with_sightings, realtime_now, &folder->err) < 0)
        fail_msg("store_carry_put: %s", folder->err.text);
}

static void see(Folder *folder, Store *store, const char *member_id, uint32_t count)
{
    const Sighting sighting = {member_id, count};

    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    assert_int_equal(store_remember(store, KEY, "c1", &sighting, 1, &folder->err), 0);
}

static uint32_t sightings_of(Folder *folder, Store *store, const char *member_id)
{
    ChannelRecord record = recall_at(folder, store, realtime_now);
    uint32_t count = 0;

    for (size_t i = 0; i < record.sighting_count; i++) {
        if (strcmp(record.sightings[i].member_id, member_id) == 0)
            count = record.sightings[i].count;
    }
    channel_record_done(&record);
    return count;
}

/* After a clean release those of the one before count; else none do, nor do old ones of our own. */
static void test_sightings(void **state)
{
    Folder *folder = *state;
    Store *first = folder_open(folder), *second = open_second(folder);
    StoreCarry carry;

    see(folder, first, "m1", 2);
    see(folder, second, "m2", 7);
    carry = take(folder, first);
    put(folder, second, &carry, true);
    assert_int_equal(sightings_of(folder, second, "m1"), 2);
    assert_int_equal(sightings_of(folder, second, "m2"), 0);
    put(folder, second, &carry, false);
    assert_int_equal(sightings_of(folder, second, "m1"), 0);
    store_free(second);
    second = open_second(folder);
    assert_int_equal(sightings_of(folder, second, "m1"), 0);
    store_carry_done(&carry);
    store_free(first);
    store_free(second);
}

/* ---- quarantine ---- */

static void enter(Folder *folder, Store *store, const char *member_id, uint64_t span_usec)
{
    assert_int_equal(store_name_instance(store, KEY, "prod", &folder->err), 0);
    assert_int_equal(store_quarantine_enter(store, CHANNEL("c1"), span_usec, &member_id, 1,
                                            realtime_now, &folder->err),
                     0);
}

/* How long a member is to stay; USEC_NEVER: it is not in quarantine. */
static uint64_t left_of(Folder *folder, Store *store, const char *member_id, bool *ret_is_ours)
{
    Quarantine quarantine = {0};
    uint64_t left_usec = USEC_NEVER;

    assert_int_equal(
        store_quarantine_recall(store, KEY, "c1", 1, realtime_now, &quarantine, &folder->err), 0);
    for (size_t i = 0; i < quarantine.count; i++) {
        if (strcmp(quarantine.rows[i].member_id, member_id) == 0) {
            left_usec = quarantine.rows[i].left_usec;
            *ret_is_ours = quarantine.rows[i].is_ours;
        }
    }
    quarantine_done(&quarantine);
    return left_usec;
}

static void assert_left(Folder *folder, Store *store, const char *member_id, uint64_t usec)
{
    bool is_ours = false;

    assert_int_equal(left_of(folder, store, member_id, &is_ours), usec);
}

/* Never shorter than either host says, and the time goes on where it was. */
static void test_quarantine_is_merged(void **state)
{
    Folder *folder = *state;
    Store *first = folder_open(folder), *second = open_second(folder);
    StoreCarry carry;

    enter(folder, second, "m1", 2 * USEC_PER_HOUR);
    enter(folder, second, "m3", 5 * USEC_PER_HOUR);
    time_pass(USEC_PER_HOUR);
    enter(folder, first, "m1", 3 * USEC_PER_HOUR);
    enter(folder, first, "m2", 3 * USEC_PER_HOUR);
    time_pass(USEC_PER_MINUTE);
    carry = take(folder, first);
    put(folder, second, &carry, false);
    put(folder, second, &carry, false);
    assert_left(folder, second, "m1", 3 * USEC_PER_HOUR - USEC_PER_MINUTE);
    assert_left(folder, second, "m2", 3 * USEC_PER_HOUR - USEC_PER_MINUTE);
    assert_left(folder, second, "m3", 4 * USEC_PER_HOUR - USEC_PER_MINUTE);
    time_pass(USEC_PER_HOUR);
    put(folder, second, &carry, false); /* what it says was so an hour ago */
    assert_left(folder, second, "m1", 3 * USEC_PER_HOUR - USEC_PER_MINUTE);
    store_carry_done(&carry);
    store_free(first);
    store_free(second);
}

/* What the one before disabled is known as ours, with the member as it was; and so it goes on to
 * the next. */
static void test_what_was_disabled_elsewhere_is_ours(void **state)
{
    Folder *folder = *state;
    Store *second = open_second(folder);
    CarryQuarantined member = {.channel_id = "c1",
                               .channel_name = "payments",
                               .member_id = "m1",
                               .identity = "i1",
                               .identity_size = 2,
                               .original = ORIGINAL,
                               .is_ours = true,
                               .span_usec = USEC_PER_HOUR};
    StoreCarry carry = {.quarantine = &member, .quarantine_count = 1};
    StoreActions history = {0};
    Change deletion;
    Batch batch = folder_batch(folder, &deletion, 1);
    StoreCarry taken;
    bool is_ours = false;

    put(folder, second, &carry, false);
    assert_int_equal(left_of(folder, second, "m1", &is_ours), USEC_PER_HOUR);
    assert_true(is_ours);
    taken = take(folder, second);
    assert_int_equal(taken.quarantine_count, 1);
    assert_string_equal(taken.quarantine[0].original, ORIGINAL);
    assert_memory_equal(taken.quarantine[0].identity, "i1", 2);
    store_carry_done(&taken);
    /* Its deletion is undone to what it was before. */
    folder_begin(folder, second);
    assert_int_equal(store_record(second, &batch, 1, NOW, &folder->err), 0);
    assert_int_equal(store_history(second, &(StoreFilter){0}, &history, &folder->err), 0);
    assert_string_equal(history.items[0].original, ORIGINAL);
    store_actions_done(&history);
    store_free(second);
}

/* ---- conditions ---- */

static void open_condition(Folder *folder, Store *store, const char *kind)
{
    const StoreTold told = {.condition = {.kind = kind,
                                          .instance_key = KEY,
                                          .channel = "payments",
                                          .instance_name = "prod",
                                          .channel_name = "payments",
                                          .since_usec = NOW,
                                          .is_open = true,
                                          .passes = 4,
                                          .told_usec = store_outbox_now_usec(store)}};

    assert_int_equal(store_outbox_add(store, NOTIFIER, &told, 1, &folder->err), 0);
}

static StoreConditions conditions_of(Folder *folder, Store *store)
{
    StoreConditions conditions = {0};

    assert_int_equal(store_outbox_conditions(store, NOTIFIER, KEY, &conditions, &folder->err), 0);
    return conditions;
}

/* What is open there is open here, told when it was told there; what was open here before is
 * not. */
static void test_conditions_are_replaced(void **state)
{
    Folder *folder = *state;
    Store *first = folder_open(folder), *second = open_second(folder);
    StoreConditions conditions;
    StoreCarry carry, unknown = {0};

    open_condition(folder, second, "failed");
    open_condition(folder, first, "held");
    time_pass(USEC_PER_MINUTE);
    carry = take(folder, first);
    put(folder, second, &unknown, false);
    conditions = conditions_of(folder, second);
    assert_int_equal(conditions.count, 1);
    assert_string_equal(conditions.items[0].kind, "failed");
    store_outbox_conditions_done(&conditions);

    put(folder, second, &carry, false);
    conditions = conditions_of(folder, second);
    assert_int_equal(conditions.count, 1);
    assert_string_equal(conditions.items[0].kind, "held");
    assert_string_equal(conditions.items[0].channel, "payments");
    assert_int_equal(conditions.items[0].since_usec, NOW);
    assert_true(conditions.items[0].is_open);
    assert_int_equal(conditions.items[0].passes, 4);
    assert_int_equal(store_outbox_now_usec(second) - conditions.items[0].told_usec,
                     USEC_PER_MINUTE);
    store_outbox_conditions_done(&conditions);
    store_carry_done(&carry);
    store_free(first);
    store_free(second);
}

/* ---- the hour of fight ---- */

static size_t changes_of(Folder *folder, Store *store)
{
    ChannelRecord record = recall_at(folder, store, realtime_now);
    size_t count = record.change_count;

    channel_record_done(&record);
    return count;
}

static void test_changes_of_other_hosts_count_for_an_hour(void **state)
{
    Folder *folder = *state;
    Store *second = open_second(folder);
    CarryChange changes[] = {
        {"c1", "delete", "i1", 2, NOW - 50 * USEC_PER_MINUTE},
        {"c1", "delete", "i1", 2, NOW + USEC_PER_MINUTE}, /* a clock that is ahead */
        {"c2", "delete", "i1", 2, NOW},
        {"c1", "disable", "i1", 2, NOW - 61 * USEC_PER_MINUTE},
    };
    StoreCarry carry = {.changes = changes, .change_count = ELEMENTS(changes)};
    uint64_t action;

    put(folder, second, &carry, false);
    assert_int_equal(changes_of(folder, second), 2);
    put(folder, second, &carry, false);
    assert_int_equal(changes_of(folder, second), 2);
    folder_begin(folder, second);
    record_one(folder, second, NOW, &action);
    assert_int_equal(changes_of(folder, second), 3);
    time_pass(11 * USEC_PER_MINUTE);
    assert_int_equal(changes_of(folder, second), 2);
    time_pass(50 * USEC_PER_MINUTE);
    assert_int_equal(changes_of(folder, second), 0);
    store_free(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_sightings),
        TEST(test_quarantine_is_merged),
        TEST(test_what_was_disabled_elsewhere_is_ours),
        TEST(test_conditions_are_replaced),
        TEST(test_changes_of_other_hosts_count_for_an_hour),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
