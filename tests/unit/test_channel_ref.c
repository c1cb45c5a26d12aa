/* SPDX-License-Identifier: MIT */
/* What a running daemon knows of channels, plans, pauses and members in quarantine by the reports
 * of its last passes: whom a person means, and what no roster names any more. */
#include "tests/unit/test_store_common.h"

#include "daemon/control/channel_ref.h"
#include "daemon/control/known_plans.h"
#include "daemon/control/orphan_pauses.h"
#include "daemon/control/orphan_quarantine.h"
#include "daemon/control/pause.h"
#include "daemon/store/quarantine.h"
#include "reconcile/plan/identity.h"

#define KEY_B "https://roma.example p2 i2"
#define DIGEST_C "aaaaaaaaaaaabbbbaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_A "56a7d7358e1b42459c9d730d65b14e59"
#define ID_B "66a7d7358e1b42459c9d730d65b14e59"

/* Two instances: of the first a channel by name, one by id and one by name that was not read; of
 * the second one of a name that the first has too. No pass has read the second. */
static Instance instances[] = {{.name = "prod"}, {.name = "test"}};
static RosterChannel channels[] = {
    {.instance = 0, .name = "payments", .mode = MODE_PRUNE},
    {.instance = 1, .name = "payments", .mode = MODE_PRUNE},
    {.instance = 0, .id = ID_B, .mode = MODE_PRUNE},
    {.instance = 0, .name = "orders", .mode = MODE_PRUNE},
};
static Config config = {
    .instances = instances, .instance_count = 2, .channels = channels, .channel_count = 4};
static char keys[2][INSTANCE_KEY_SIZE] = {KEY, KEY_B};
static ChannelReport reports[3];
static InstanceReport instance_report;
static Scheduler schedulers[2];
static size_t numbers[] = {0, 0, 1, 2};
static Controller controller;

static int setup(void **state)
{
    folder_setup(state);
    memset(reports, 0, sizeof(reports));
    reports[0] = (ChannelReport){.channel = &channels[0], .name = "payments", .id = ID_A};
    reports[1] = (ChannelReport){.channel = &channels[2], .name = "billing", .id = ID_B};
    reports[2] = (ChannelReport){.channel = &channels[3], .name = "orders"};
    for (size_t i = 0; i < 3; i++)
        reports[i].instance_name = "prod";
    memcpy(reports[0].digest, DIGEST_A, sizeof(reports[0].digest));
    memcpy(reports[1].digest, DIGEST_B, sizeof(reports[1].digest));
    instance_report = (InstanceReport){.name = "prod", .digest = DIGEST_C};
    memset(schedulers, 0, sizeof(schedulers));
    schedulers[0].last = (Report){.channels = reports, .channel_count = 3};
    schedulers[1].instance = 1;
    controller = (Controller){
        .config = &config,
        .schedulers = schedulers,
        .scheduler_count = 2,
        .numbers = numbers,
        .backend.keys = keys,
    };
    return 0;
}

/* ---- a channel ---- */

static void assert_found(const char *text, size_t index)
{
    ChannelRef found = {0};
    Err err = {0};

    if (channel_ref_find(&controller, text, &found, &err) < 0)
        fail_msg("%s: %s", text, err.text);
    assert_ptr_equal(found.channel, &channels[index]);
    assert_ptr_equal(found.scheduler, &schedulers[channels[index].instance]);
    assert_string_equal(found.instance_name, instances[channels[index].instance].name);
    assert_string_equal(found.instance_key, keys[channels[index].instance]);
}

static void assert_not_found(const char *text, int error, const char *says)
{
    ChannelRef found = {0};
    Err err = {0};

    assert_int_equal(channel_ref_find(&controller, text, &found, &err), error);
    assert_says(&err, says);
}

static void test_a_channel_by_name_or_id(void **state)
{
    (void)state;
    assert_found("orders", 3);
    assert_found("prod/orders", 3);
    assert_found("prod/payments", 0);
    assert_found("test/payments", 1);
    assert_found(ID_A, 0);
    assert_found("prod/" ID_A, 0);
    assert_found(ID_B, 2);
    assert_found("billing", 2);
    assert_not_found("payments", -ENOTUNIQ,
                     "payments: several channels have this name, say which: prod/" ID_A
                     ", test/payments");
    assert_not_found("test/orders", -ENOENT, "test/orders");
    assert_not_found("prodorders", -ENOENT, "prodorders");
    assert_not_found("ordres", -ENOENT, "orders");
}

/* Before the service has told the ids of an instance, an id may be of a channel of it. */
static void test_an_id_that_is_not_known_yet(void **state)
{
    const char *other = "76a7d7358e1b42459c9d730d65b14e59";

    (void)state;
    assert_true(channel_ref_may_be_unread(&controller, other));
    assert_false(channel_ref_may_be_unread(&controller, "orders"));
    assert_not_found(other, -ENOENT,
                     "no channel of the rosters has this name, and which ids those of test have is "
                     "not known: no pass has read them yet");
    channels[1].instance = 0;
    schedulers[0].last.channel_count = 0;
    reports[0].error = &(const Err){.text = "the service answered 500"};
    reports[0].id = NULL;
    reports[0].channel = &channels[0];
    assert_not_found(other, -ENOENT, "which ids those of prod have is not known: no pass has read");
    schedulers[0].last.channel_count = 1;
    assert_not_found(other, -ENOENT, "is not known: the service answered 500");
    reports[0].id = ID_A;
    assert_false(channel_ref_may_be_unread(&controller, other));
    channels[1].instance = 1;
}

static void test_what_is_known_of_a_channel(void **state)
{
    ChannelRef found;

    (void)state;
    channel_ref_by_index(&controller, 0, &found);
    assert_ptr_equal(found.report, &reports[0]);
    assert_int_equal(found.number, 0);
    assert_string_equal(found.channel_id, ID_A);
    channel_ref_by_index(&controller, 3, &found);
    assert_ptr_equal(found.report, &reports[2]);
    assert_int_equal(found.number, 2);
    assert_null(found.channel_id);
    assert_string_equal(channel_ref_name(&found), "orders");
    channel_ref_by_index(&controller, 1, &found);
    assert_null(found.report);
    assert_int_equal(found.number, 0);
    channel_ref_by_index(&controller, 2, &found);
    assert_string_equal(channel_ref_name(&found), "billing");
    reports[1].name = NULL;
    assert_string_equal(channel_ref_name(&found), ID_B);
    found.report = NULL;
    assert_string_equal(channel_ref_name(&found), ID_B);
    found.channel_id = NULL;
    assert_string_equal(channel_ref_name(&found), "");
}

/* ---- plans ---- */

static void test_plans_by_their_digests(void **state)
{
    static ChannelReport planned_channel;
    KnownPlan plans[KNOWN_PLANS_MAX], plan = {0};
    Control control = {.controller = &controller};
    Err err = {0};

    (void)state;
    schedulers[0].last.instances = &instance_report;
    schedulers[0].last.instance_count = 1;
    assert_int_equal(known_plans_find(&control, "", plans), 3);
    assert_int_equal(known_plans_find(&control, "aaaa", plans), 2);
    assert_int_equal(known_plans_find(&control, "cccc", plans), 0);
    assert_int_equal(known_plans_get(&control, DIGEST_A, &plan, &err), 0);
    assert_ptr_equal(plan.channel, &reports[0]);
    assert_null(plan.instance);
    assert_ptr_equal(plan.report, &schedulers[0].last);
    assert_int_equal(known_plans_get(&control, DIGEST_C, &plan, &err), 0);
    assert_ptr_equal(plan.instance, &instance_report);
    assert_null(plan.channel);
    assert_int_equal(known_plans_get(&control, "bbbbbbbbbbbb", &plan, &err), 0);
    assert_ptr_equal(plan.channel, &reports[1]);
    assert_int_equal(known_plans_get(&control, "aaaaaaaaaaaa", &plan, &err), -ENOTUNIQ);
    assert_says(&err, "several plans begin so, give more of the digest");
    assert_int_equal(known_plans_get(&control, "cccccccccccc", &plan, &err), -ENOENT);
    assert_says(&err, "cccccccccccc: rosterd knows no plan with this digest");
    assert_int_equal(known_plans_get(&control, "ccc", &plan, &err), -EINVAL);
    assert_says(&err, "\"ccc\" is no digest");
    /* The last dry run's count too, and what is in both once. */
    planned_channel = (ChannelReport){.channel = &channels[0], .digest = DIGEST_A};
    control.planned = (Report){.channels = &planned_channel, .channel_count = 1};
    assert_int_equal(known_plans_find(&control, "", plans), 3);
    memset(planned_channel.digest, 'c', DIGEST_HEX_SIZE - 1);
    assert_int_equal(known_plans_get(&control, "cccccccccccc", &plan, &err), 0);
    assert_ptr_equal(plan.channel, &planned_channel);
}

static void test_more_plans_than_are_named(void **state)
{
    static ChannelReport many[KNOWN_PLANS_MAX + 2];
    KnownPlan plans[KNOWN_PLANS_MAX];
    Control control = {.controller = &controller};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(many); i++) {
        memcpy(many[i].digest, DIGEST_A, DIGEST_HEX_SIZE);
        many[i].digest[DIGEST_HEX_SIZE - 2] = (char)('a' + i);
    }
    control.planned = (Report){.channels = many, .channel_count = ELEMENTS(many)};
    assert_int_equal(known_plans_find(&control, "aaaa", plans), KNOWN_PLANS_MAX);
    assert_ptr_equal(plans[0].channel, &reports[0]);
}

/* ---- pauses ---- */

static StorePause pause_of(const char *key, const char *name, const char *id, const char *channel)
{
    return (StorePause){.scope = {key, name, id, channel}, .reason = "work"};
}

static void assert_orphans(const StorePauses *pauses, const char *expected)
{
    _cleanup_(buf_done) Buf buf = {0};
    JsonWriter writer = {.buf = &buf, .is_compact = true};

    json_open_object(&writer, NULL);
    orphan_pauses_put(&writer, "orphans", &controller, pauses);
    json_close_object(&writer);
    if (!strstr(buf_text(&buf), expected))
        fail_msg("%s", buf_text(&buf));
}

static void test_pauses_of_channels_that_left(void **state)
{
    StorePause items[] = {
        pause_of(NULL, NULL, NULL, NULL),          pause_of(KEY, "prod", NULL, NULL),
        pause_of(KEY, "prod", ID_A, NULL),         pause_of(KEY, "prod", NULL, "orders"),
        pause_of(KEY_B, "test", NULL, "payments"), pause_of(KEY, "prod", NULL, "gone"),
        pause_of(KEY_B, "test", ID_A, "left"),
    };
    StorePauses pauses = {.items = items, .count = 5};
    const StorePause *found = NULL;
    Err err = {0};

    (void)state;
    assert_orphans(&pauses, "{\"orphans\":[]}");
    assert_int_equal(orphan_pauses_find(&controller, &pauses, "orders", &found, &err), -ENOENT);
    pauses.count = 7;
    assert_orphans(&pauses, "{\"orphans\":[{\"instance\":\"prod\",\"name\":\"gone\",\"id\":null,");
    assert_orphans(&pauses, "{\"instance\":\"test\",\"name\":\"left\",\"id\":\"" ID_A "\",");
    assert_int_equal(orphan_pauses_find(&controller, &pauses, "gone", &found, &err), 0);
    assert_ptr_equal(found, &items[5]);
    assert_int_equal(orphan_pauses_find(&controller, &pauses, "prod/gone", &found, &err), 0);
    assert_int_equal(orphan_pauses_find(&controller, &pauses, "test/" ID_A, &found, &err), 0);
    assert_ptr_equal(found, &items[6]);
    assert_int_equal(orphan_pauses_find(&controller, &pauses, ID_A, &found, &err), 0);
    assert_int_equal(orphan_pauses_find(&controller, &pauses, "test/gone", &found, &err), -ENOENT);
    assert_int_equal(orphan_pauses_find(&controller, &pauses, "prodgone", &found, &err), -ENOENT);
    /* Of one instance they are the same channel, by its name and by its id. */
    items[0] = pause_of(KEY, "prod", "other", "gone");
    assert_int_equal(orphan_pauses_find(&controller, &pauses, "gone", &found, &err), 0);
    assert_ptr_equal(found, &items[0]);
    items[6].scope.channel_name = "gone";
    assert_int_equal(orphan_pauses_find(&controller, &pauses, "gone", &found, &err), -ENOTUNIQ);
    assert_says(&err, "gone: channels of several instances have this name: say instance/name");
}

static void test_a_pause_of_a_channel(void **state)
{
    StorePause items[] = {pause_of(KEY_B, "test", NULL, NULL),
                          pause_of(KEY, "prod", NULL, "billing")};
    const StorePauses pauses = {.items = items, .count = 2};
    ChannelRef found;
    StoreScope scope;

    (void)state;
    channel_ref_by_index(&controller, 2, &found);
    scope = pause_scope(&found);
    assert_string_equal(scope.channel_id, ID_B);
    assert_string_equal(scope.channel_name, "billing");
    assert_string_equal(scope.instance_name, "prod");
    assert_string_equal(scope.instance_key, KEY);
    assert_ptr_equal(pause_find(&pauses, &found), &items[1]);
    channel_ref_by_index(&controller, 1, &found);
    assert_ptr_equal(pause_find(&pauses, &found), &items[0]);
    channel_ref_by_index(&controller, 3, &found);
    assert_null(pause_find(&pauses, &found));
}

static void test_what_a_pause_replaced_is_put_into_words(void **state)
{
    StorePause item = {.reason = "work", .until_usec = NOW};
    StorePauses pauses = {.items = &item, .count = 1};
    char text[128] = "x";

    (void)state;
    assert_string_equal(pause_format_replaced(&pauses, text, sizeof(text)),
                        " (in place of the pause until 2026-11-24T15:04:05Z: work)");
    item.until_usec = 0;
    assert_string_equal(pause_format_replaced(&pauses, text, sizeof(text)),
                        " (in place of the pause without end: work)");
    pauses.count = 0;
    assert_string_equal(pause_format_replaced(&pauses, text, sizeof(text)), "");
}

/* ---- quarantine ---- */

static void disable(Folder *folder, Store *store, const char *key, const char *id, const char *name,
                    size_t count)
{
    static const RosterChannel roster = {
        .name = "any", .mode = MODE_PRUNE, .quarantine_usec = USEC_PER_HOUR};
    unsigned char identities[2][IDENTITY_SIZE_MAX];
    Change changes[2];
    Batch batch = folder_batch(folder, changes, count);

    batch.channel = &roster;
    batch.instance_key = key;
    batch.channel_id = id;
    batch.channel_name = name;
    for (size_t i = 0; i < count; i++) {
        int size = identity_pack("", i == 0 ? "10.1.0.1" : "10.1.0.2", 80, identities[i]);

        changes[i].kind = CHANGE_DISABLE;
        changes[i].identity = identities[i];
        changes[i].identity_size = (size_t)size;
    }
    assert_int_equal(store_record(store, &batch, 1, NOW, &folder->err), 0);
}

static void assert_quarantine(const char *expected)
{
    _cleanup_(buf_done) Buf buf = {0};
    JsonWriter writer = {.buf = &buf, .is_compact = true};

    json_open_object(&writer, NULL);
    orphan_quarantine_put(&writer, "left", &controller);
    json_close_object(&writer);
    assert_string_equal(buf_text(&buf), expected);
}

static void test_members_in_quarantine_of_channels_that_left(void **state)
{
    Folder *folder = *state;
    Store *store = folder_open(folder);

    assert_quarantine("{\"left\":[]}");
    controller.backend.store = store;
    folder_begin(folder, store);
    assert_int_equal(store_name_instance(store, KEY_B, "test", &folder->err), 0);
    disable(folder, store, KEY, ID_A, "renamed", 1);
    disable(folder, store, KEY, ID_B, "billing", 1);
    disable(folder, store, KEY, "c9", "orders", 1);
    disable(folder, store, KEY_B, ID_A, "payments", 1);
    assert_quarantine("{\"left\":[]}");
    disable(folder, store, KEY, "c7", "gone", 2);
    disable(folder, store, KEY_B, "c7", "gone", 1);
    disable(folder, store, KEY_B, "c8", "left", 1);
    assert_quarantine(
        "{\"left\":[{\"instance\":\"prod\",\"name\":\"gone\",\"id\":\"c7\","
        "\"members\":[\"10.1.0.1:80\",\"10.1.0.2:80\"]},"
        "{\"instance\":\"test\",\"name\":\"gone\",\"id\":\"c7\",\"members\":[\"10.1.0.1:80\"]},"
        "{\"instance\":\"test\",\"name\":\"left\",\"id\":\"c8\",\"members\":[\"10.1.0.1:80\"]}"
        "]}");
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_channel_by_name_or_id),
        TEST(test_an_id_that_is_not_known_yet),
        TEST(test_what_is_known_of_a_channel),
        TEST(test_plans_by_their_digests),
        TEST(test_more_plans_than_are_named),
        TEST(test_pauses_of_channels_that_left),
        TEST(test_a_pause_of_a_channel),
        TEST(test_what_a_pause_replaced_is_put_into_words),
        TEST(test_members_in_quarantine_of_channels_that_left),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
