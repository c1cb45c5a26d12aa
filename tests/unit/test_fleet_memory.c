/* SPDX-License-Identifier: MIT */
/* Each allocation of what a host of a fleet asks for fails once, in turn: it is asked for whole, or
 * not at all and told so. Needs the allocator to itself. */
#include "daemon/fleet/fleet_view.h"
#include "tests/unit/failing_acts.h"
#include "tests/unit/fleet_script.h"

static FleetInstance *one(void)
{
    return fleet_find(scripted.fleet, "one");
}

/* A call that was begun, or else a source that tries it again. */
static int asked(const EtcdCall *call, sd_event_source *retry)
{
    int enabled = SD_EVENT_OFF;

    if (call)
        return 0;
    sd_event_source_get_enabled(retry, &enabled);
    assert_int_equal(enabled, SD_EVENT_ONESHOT);
    sd_event_source_set_enabled(retry, SD_EVENT_OFF);
    return -ENOMEM;
}

static void cancel(EtcdCall **call)
{
    etcd_cancel(*call);
    *call = NULL;
}

/* ---- what others ask for ---- */

static FleetWriting *writing;
static FleetIntending *intending;
static FleetReading *reading;

static int begin_write(void)
{
    static const FleetIf ifs[] = {{"a", 0}, {"b", 6}};
    static const FleetPut puts[] = {{"a", "{}"}, {"b", NULL}};

    return fleet_write(scripted.fleet, "one", ifs, 2, puts, 2, USEC_PER_SEC, NULL, NULL, &writing);
}

static void end_write(void)
{
    fleet_cancel_write(writing);
}

static int begin_intent(void)
{
    Change change = {.kind = CHANGE_DELETE, .member_id = "m1", .identity = "x", .identity_size = 1};
    Batch batch = {.pass = "p-1",
                   .channel_id = "c1",
                   .channel_name = "payments",
                   .digest = "d1",
                   .changes = &change,
                   .change_count = 1};
    const FleetIntent intent = {.batch = &batch, .spent_approval = "d2"};
    Err err = {0};
    int r;

    memset(one()->last_set, 'b', DIGEST_WHOLE);
    r = fleet_intend(scripted.fleet, "one", &intent, NULL, NULL, &intending, &err);
    assert_int_equal(r < 0, err_is_set(&err));
    return r;
}

static void end_intent(void)
{
    fleet_cancel_intent(intending);
    sd_event_source_set_enabled(one()->work, SD_EVENT_OFF);
}

static int begin_read(void)
{
    static const FleetReadOps ops;

    return fleet_read_intents(scripted.fleet, "one", 1, 2, &ops, NULL, &reading);
}

static void end_read(void)
{
    fleet_cancel_read(reading);
}

static int begin_record(void)
{
    Buf record = {0}, carry = {0};
    int r;

    failing_pause(true);
    buf_puts(&record, "{\"n\":1}");
    buf_puts(&carry, "{\"c\":1}");
    failing_pause(false);
    memset(one()->last_set, 'b', DIGEST_WHOLE);
    r = fleet_put_record(scripted.fleet, "one", &record, &carry);
    buf_done(&record);
    buf_done(&carry);
    return r < 0 ? r : asked(one()->record_call, one()->work);
}

static void end_record(void)
{
    fleet_record_forget(one());
}

/* ---- what it asks for itself ---- */

static int begin_entry(void)
{
    fleet_entry_put(scripted.fleet);
    return asked(scripted.fleet->entry_call, scripted.fleet->entry_wake);
}

static void end_entry(void)
{
    cancel(&scripted.fleet->entry_call);
}

static int owner_asked(void)
{
    int r = asked(one()->call, one()->work);

    assert_int_equal(r < 0, one()->was_not_asked);
    one()->was_not_asked = false;
    return r;
}

static int begin_campaign(void)
{
    fleet_owner_ops.campaign(one(), 0);
    return owner_asked();
}

static int begin_look(void)
{
    fleet_owner_ops.look(one(), 0);
    return owner_asked();
}

static int begin_release(void)
{
    fleet_owner_ops.release(one(), 0, 8, true);
    return owner_asked();
}

static void end_owner(void)
{
    cancel(&one()->call);
}

static int lease_asked(void)
{
    int r = asked(scripted.fleet->lease_call, scripted.fleet->lease_wake);

    assert_int_equal(r < 0, scripted.fleet->lease_was_not_asked);
    scripted.fleet->lease_was_not_asked = false;
    return r;
}

static int begin_grant(void)
{
    scripted.fleet->lease.ops->grant(scripted.fleet, 60 * USEC_PER_SEC + 1, USEC_PER_SEC);
    return lease_asked();
}

static int begin_renewal(void)
{
    scripted.fleet->lease.ops->renew(scripted.fleet, 77, USEC_PER_SEC);
    return lease_asked();
}

static void end_lease(void)
{
    cancel(&scripted.fleet->lease_call);
}

static int begin_revocation(void)
{
    scripted.fleet->lease_was_not_asked = true; /* of the lease that goes */
    scripted.fleet->lease.ops->revoke(scripted.fleet, 77);
    assert_false(scripted.fleet->lease_was_not_asked);
    return scripted.fleet->revoke_call ? 0 : -ENOMEM; /* it lapses by itself */
}

static void end_revocation(void)
{
    cancel(&scripted.fleet->revoke_call);
}

static int begin_taking(void)
{
    one()->use = FLEET_READING;
    fleet_take_again(one());
    return one()->list ? 0 : asked(NULL, one()->work);
}

static void end_taking(void)
{
    fleet_take_cancel(one());
    one()->use = FLEET_BEGUN;
}

#define PUT_INTENT                                                                                 \
    "{request_put:{key:/p/~intents/7692/T-p-1/c1/000000,value:{host:admin-a,token:8,pass:p-1,"     \
    "digest:d1,set:aaaa,channel_id:c1,channel_name:payments,undo:false,pieces:1,changes:[{"        \
    "kind:delete,member_id:m1,identity:eA==,before:null,after:null}]}}},{request_delete_range:{"   \
    "key:/p/approvals/d2}}," LAST("false",                                                         \
                                  "aaaa") ",{request_delete_range:{"                               \
                                          "key:/p/~intents/7692/,range_end:/p/~intents/7692/T}}"
#define NO_PAUSE(hash) ",{key:/p/pauses/" hash ",target:CREATE,result:EQUAL,create_revision:0}"
#define LOOK_PAUSE(hash) ",{request_range:{key:/p/pauses/" hash "}}"

static void test_each_is_asked_for_whole_or_not(void **state)
{
    static const Act acts[] = {
        {"write",
         "kv/txn " COMPARE("8") ",{key:/p/a,target:CREATE,result:EQUAL,create_revision:0},{"
                                "key:/p/b,target:MOD,result:LESS,mod_revision:7}],success:[{"
                                "request_put:{key:/p/a,value:{}}},{request_delete_range:{key:/p/b"
                                "}}],failure:[{request_range:{key:/p/a}},{request_range:{key:/p/b"
                                "}}]}\n",
         begin_write, end_write},
        {"intent",
         "kv/txn " COMPARE("8") NO_PAUSE("32fc") NO_PAUSE("9dc7") NO_PAUSE("8254") NO_PAUSE(
             "2ae9") ",{key:/p/approvals/d2,target:CREATE,result:GREATER,create_revision:0}],"
                     "success:[" PUT_INTENT "],failure:[{request_range:{key:/p/owner/7692}},{"
                     "request_range:{key:/p/~intents/7692/T-p-1/c1/000000}},{request_range:{"
                     "key:/p/approvals/d2}}" LOOK_PAUSE("32fc") LOOK_PAUSE("9dc7")
                         LOOK_PAUSE("8254") LOOK_PAUSE("2ae9") "]}\n",
         begin_intent, end_intent},
        {"read",
         "kv/range {\"key\":\"/p/~intents/7692/T\",\"range_end\":\"/p/~intents/7692/T\","
         "\"limit\":\"512\",\"revision\":\"0\"}\n",
         begin_read, end_read},
        {"record",
         "kv/txn " COMPARE("8") "],success:[{request_put:{key:/p/records/7692,value:{n:1}}},{"
                                "request_put:{key:/p/~carry/7692,value:{c:1}}}," LAST(
                                    "false", "aaaa") "]" ELSE_OWNER,
         begin_record, end_record},
        {"entry", ENTRY("7", "false"), begin_entry, end_entry},
        {"campaign", CAMPAIGN, begin_campaign, end_owner},
        {"look", "kv/txn {compare:[],success:[{request_range:{key:/p/owner/7692}}],failure:[]}\n",
         begin_look, end_owner},
        {"release", RELEASE("8", "true"), begin_release, end_owner},
        {"grant", "lease/grant {\"TTL\":\"61\"}\n", begin_grant, end_lease},
        {"renewal", "lease/keepalive {\"ID\":\"77\"}\n", begin_renewal, end_lease},
        {"revocation", "lease/revoke {\"ID\":\"77\"}\n", begin_revocation, end_revocation},
        {"taking",
         "kv/range {\"key\":\"/p/~carry/7692\",\"range_end\":\"/p/~carry/7692/\",\"limit\":"
         "\"512\",\"revision\":\"0\"}\n",
         begin_taking, end_taking},
    };

    (void)state;
    if (!failing_is_possible())
        skip();
    host_owner();
    for (size_t i = 0; i < ELEMENTS(acts); i++)
        each_allocation_fails(scripted.script, scripted.fleet->etcd, &acts[i]);
}

/* ---- what it keeps ---- */

static int begin_set(void)
{
    static const char *const keys[] = {"one", "two", "three"}, *const names[] = {"1", "2", "3"};
    int r = fleet_set_instances(scripted.fleet, keys, names, 3, &scripted.set);

    assert_int_equal(scripted.fleet->instance_count, r < 0 ? 1 : 3);
    assert_true(one()->is_listed);
    return r;
}

static void end_set(void)
{
    host_set_instances(1);
    etcd_script_expect(scripted.script, "");
    assert_int_equal(scripted.fleet->instance_count, 1);
}

static FleetView view;

static int begin_view(void)
{
    int r = fleet_view_fill(scripted.fleet, &view);

    if (r < 0)
        fleet_view_done(&view);
    else
        assert_string_equal(view.instances[0].last, "admin-a");
    return r;
}

static void end_view(void)
{
    fleet_view_done(&view);
}

static Fleet *second;

static int begin_fleet(void)
{
    Err err = {0};
    int r = fleet_new(scripted.script->event, &scripted.config, &second, &err);

    assert_int_equal(r < 0, err_is_set(&err));
    return r;
}

static void end_fleet(void)
{
    assert_string_equal(fleet_get_host(second), "admin-a");
    assert_string_equal(second->prefix, "/p/");
    assert_string_equal(second->etcd_settings.user, "rosterd");
    fleet_free(second);
}

static void test_all_is_kept_or_is_as_before(void **state)
{
    static const Act acts[] = {{"set", NULL, begin_set, end_set},
                               {"view", NULL, begin_view, end_view},
                               {"fleet", NULL, begin_fleet, end_fleet}};

    (void)state;
    if (!failing_is_possible())
        skip();
    host_owner();
    scripted.fleet->max_instances = 1;
    scripted.settings.user = "rosterd";
    for (size_t i = 0; i < ELEMENTS(acts); i++)
        each_allocation_fails(scripted.script, scripted.fleet->etcd, &acts[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_is_asked_for_whole_or_not),
        TEST(test_all_is_kept_or_is_as_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
