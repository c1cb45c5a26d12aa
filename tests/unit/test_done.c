/* SPDX-License-Identifier: MIT */
/* What is done holds nothing any more: it is as {0}, can be used anew, and be done again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/load/files.h"
#include "config/load/sources.h"
#include "config/roster_reading.h"
#include "config/schema/canonical.h"
#include "daemon/roma/auth/lockout.h"
#include "daemon/roma/provider/security_key.h"
#include "daemon/roma/wire/channels.h"
#include "daemon/roma/wire/headers.h"
#include "daemon/roma/wire/members.h"
#include "daemon/store/carry.h"
#include "daemon/store/outbox.h"
#include "daemon/store/owners.h"
#include "daemon/store/pending.h"
#include "daemon/store/quarantine.h"
#include "daemon/store/samples.h"
#include "daemon/store/store.h"
#include "reconcile/pass/pass_guards.h"
#include "reconcile/pass/recovery.h"
#include "reconcile/pass/take_over.h"
#include "reconcile/plan/catalog.h"
#include "reconcile/plan/diff.h"
#include "reconcile/plan/fate.h"
#include "reconcile/request/throttle.h"

static void expect_empty(const void *object, size_t size)
{
    const unsigned char *bytes = object;

    for (size_t i = 0; i < size; i++)
        assert_int_equal(bytes[i], 0);
}

/* Begins as {0}, is filled as the last argument does it, and is done twice. */
#define EXPECT_DONE(Type, done, ...)                                                               \
    do {                                                                                           \
        Type one;                                                                                  \
                                                                                                   \
        memset(&one, 0, sizeof(one));                                                              \
        __VA_ARGS__;                                                                               \
        done(&one);                                                                                \
        expect_empty(&one, sizeof(one));                                                           \
        done(&one);                                                                                \
        expect_empty(&one, sizeof(one));                                                           \
    } while (0)

/* Entries with an arena beside them. */
#define EXPECT_ITEMS_DONE(Type, done)                                                              \
    EXPECT_DONE(Type, done, one.items = calloc(1, sizeof(*one.items)); one.count = 1;              \
                one.capacity = 1; assert_non_null(arena_string(&one.arena, "text")))

static void of_config(void **state)
{
    RosterReading *reading;

    (void)state;
    EXPECT_DONE(CanonicalItems, canonical_items_done, canonical_items_add_bytes(&one, "a", 1));
    EXPECT_DONE(Problems, problems_done, problems_add(&one, "f", 1, 1, "", "wrong"));
    EXPECT_DONE(Sources, sources_done,
                assert_int_equal(sources_add_missing(&one, "path", ENOENT), 0);
                assert_int_equal(sources_add_listing(&one, "/", NULL), 0);
                assert_int_equal(sources_add_zone(&one, "zone"), 0));
    EXPECT_DONE(RosterFiles, files_done, one.items = calloc(1, sizeof(*one.items)); one.count = 1;
                one.capacity = 1);
    EXPECT_DONE(RosterReadings, roster_readings_done, reading = roster_reading_new("path");
                assert_int_equal(roster_readings_add(&one, reading), 0);
                roster_reading_leave(reading));
}

static void of_reconcile(void **state)
{
    (void)state;
    EXPECT_DONE(Throttle, throttle_done, assert_int_equal(throttle_init(&one, 3), 0);
                throttle_note(&one, 5); throttle_hold(&one, 7));
    EXPECT_DONE(Report, report_done, one.channels = calloc(1, sizeof(*one.channels));
                one.channel_count = 1; one.instances = calloc(1, sizeof(*one.instances));
                one.instance_count = 1; one.dry_run = true);
    EXPECT_DONE(Fates, fate_done, one.enabled = calloc(1, sizeof(*one.enabled));
                one.enabled_count = 1; one.freed = calloc(1, sizeof(*one.freed));
                one.freed_count = 1);
    EXPECT_DONE(Catalog, catalog_done, assert_non_null(arena_string(&one.arena, "text"));
                one.miss_count = 1; one.unread_count = 1; one.unread_why[0] = 'a');
    EXPECT_DONE(
        Diff, diff_done, assert_non_null(arena_string(&one.arena, "text"));
        one.seen = calloc(1, sizeof(*one.seen)); one.extras = calloc(1, sizeof(*one.extras));
        one.kept = calloc(1, sizeof(*one.kept)); one.changed = calloc(1, sizeof(*one.changed)));
    EXPECT_DONE(Desired, desired_done, assert_non_null(arena_string(&one.arena, "text"));
                one.channel_port = 80; one.is_ecs = true);
    EXPECT_DONE(TakeOver, take_over_done, take_over_note(&one, 7, "c1", true);
                assert_true(take_over_has_listed(&one, 7, "c1")));
    EXPECT_DONE(PassSpent, pass_spent_done, pass_spent_add(&one, "c1", 2);
                assert_int_equal(one.channel_count, 1));
    EXPECT_DONE(Recoveries, recovery_done, assert_non_null(arena_string(&one.arena, "text")));
    EXPECT_DONE(Quarantine, quarantine_done,
                assert_int_equal(quarantine_add(&one, &(Quarantined){.member_id = "m1"}), 0));
    EXPECT_DONE(ChannelRecord, channel_record_done,
                assert_int_equal(channel_record_add_sighting(&one, "m1", 1), 0);
                assert_int_equal(channel_record_add_change(&one, CHANGE_DELETE, "i", 1, 5), 0);
                assert_int_equal(channel_record_set_pause(&one, "why", 7, PAUSE_SCOPE_ALL), 0));
}

static void of_the_state(void **state)
{
    (void)state;
    EXPECT_ITEMS_DONE(StoreActions, store_actions_done);
    EXPECT_ITEMS_DONE(StoreQuarantine, store_quarantine_done);
    EXPECT_ITEMS_DONE(StorePauses, store_pauses_done);
    EXPECT_ITEMS_DONE(StoreOwners, store_owners_done);
    EXPECT_ITEMS_DONE(StoreSamples, store_samples_done);
    EXPECT_ITEMS_DONE(StoreConditions, store_outbox_conditions_done);
    EXPECT_ITEMS_DONE(StoreNotices, store_outbox_notices_done);
    EXPECT_DONE(StoreCarry, store_carry_done, assert_non_null(arena_string(&one.arena, "text"));
                one.sightings = calloc(1, sizeof(*one.sightings)); one.sighting_count = 1;
                one.quarantine = calloc(1, sizeof(*one.quarantine));
                one.conditions = calloc(1, sizeof(*one.conditions));
                one.changes = calloc(1, sizeof(*one.changes)); one.knows_conditions = true);
    EXPECT_DONE(Pending, pending_done,
                assert_int_equal(
                    pending_add_outcome(&one, &(PendingOutcome){.outcome = OUTCOME_FAILED}), 0));
}

static void of_the_service(void **state)
{
    static const Auth auth = {.iam_endpoint = "https://i", .domain = "d", .user = "u"};
    static const LockoutStore nowhere = {NULL, NULL, NULL};
    static const Instance instance = {.endpoint = "https://e", .project_id = "p"};

    (void)state;
    EXPECT_DONE(Lockouts, lockout_done, assert_int_equal(lockout_init(&one, &auth, &nowhere), 0));
    EXPECT_DONE(HeadersBase, headers_base_done,
                assert_int_equal(headers_base_init(&one, &instance), 0));
    EXPECT_DONE(MemberList, members_done, assert_non_null(arena_string(&one.strings, "text"));
                one.rows = calloc(1, sizeof(*one.rows)); one.row_capacity = 1;
                one.texts = calloc(1, sizeof(*one.texts)); buf_puts(&one.description, "text"));
    EXPECT_DONE(ChannelList, channels_done, assert_non_null(arena_string(&one.strings, "text"));
                one.rows = calloc(1, sizeof(*one.rows)); one.capacity = 1);
    EXPECT_DONE(SecurityKey, security_key_done, one.access = secret_new_copy("a", 1);
                one.secret = secret_new_copy("s", 1); one.token = secret_new_copy("t", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_config),
        cmocka_unit_test(of_reconcile),
        cmocka_unit_test(of_the_state),
        cmocka_unit_test(of_the_service),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
