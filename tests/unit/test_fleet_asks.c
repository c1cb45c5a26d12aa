/* SPDX-License-Identifier: MIT */
/* What an owner makes known, records and writes, as etcd is asked for it, and what each answer
 * comes to. */
#include <errno.h>

#include "daemon/fleet/fleet_intent_internal.h"
#include "tests/unit/fleet_script.h"

/* ---- intents ---- */

static void on_intended(void *userdata, const IntentAnswer *answer)
{
    static const char *const ends[] = {[INTENT_TAKEN] = "taken",
                                       [INTENT_PAUSED] = "paused",
                                       [INTENT_APPROVAL_GONE] = "approval gone",
                                       [INTENT_LOST] = "lost",
                                       [INTENT_UNANSWERED] = "unanswered"};

    etcd_script_say(userdata, "%s: '%s' until %llu, scope %d, %s", ends[answer->end],
                    answer->pause_reason ? answer->pause_reason : "",
                    (unsigned long long)answer->pause_end_usec, (int)answer->pause_scope,
                    answer->err ? answer->err->text : "");
}

static Change change = {
    .kind = CHANGE_DELETE, .member_id = "m1", .identity = "x", .identity_size = 1, .before = "{}"};

static FleetIntending *intend(const char *name, const char *approval, bool is_undo)
{
    Batch batch = {.pass = "p-1",
                   .channel_id = "c1",
                   .channel_name = name,
                   .digest = "d1",
                   .changes = &change,
                   .change_count = 1};
    const FleetIntent intent = {.batch = &batch, .spent_approval = approval, .is_undo = is_undo};
    FleetIntending *intending = NULL;
    Err err = {0};

    if (fleet_intend(scripted.fleet, "one", &intent, on_intended, scripted.script, &intending,
                     &err) < 0)
        etcd_script_say(scripted.script, "%s", err.text);
    return intending;
}

#define INTENT_KEY "/p/~intents/7692/T-p-1/c1/000000"
#define NO_PAUSE(hash) ",{key:/p/pauses/" hash ",target:CREATE,result:EQUAL,create_revision:0}"
#define PUT_INTENT(name, undo)                                                                     \
    "{request_put:{key:" INTENT_KEY ",value:{host:admin-a,token:8,pass:p-1,digest:d1,set:aaaa,"    \
    "channel_id:c1,channel_name:" name ",undo:" undo ",pieces:1,changes:[{kind:delete,"            \
    "member_id:m1,identity:eA==,before:{},after:null}]}}}"
#define FORGET_OLD ",{request_delete_range:{key:/p/~intents/7692/,range_end:/p/~intents/7692/T}}"
#define LOOK(approval)                                                                             \
    "],failure:[{request_range:{key:/p/owner/7692}},{request_range:{key:" INTENT_KEY "}},"         \
    "{request_range:{key:/p/approvals/" approval "}}"
#define LOOK_PAUSE(hash) ",{request_range:{key:/p/pauses/" hash "}}"
#define ALL "32fc"
#define INSTANCE "9dc7"
#define BY_ID "8254"
#define BY_NAME "2ae9"
#define LOOK_PAUSES LOOK_PAUSE(ALL) LOOK_PAUSE(INSTANCE) LOOK_PAUSE(BY_ID) LOOK_PAUSE(BY_NAME)
#define NO_PAUSES NO_PAUSE(ALL) NO_PAUSE(INSTANCE) NO_PAUSE(BY_ID) NO_PAUSE(BY_NAME)
#define INTENT                                                                                     \
    "kv/txn " COMPARE("8") NO_PAUSES "],success:[" PUT_INTENT("payments", "false")                 \
        FORGET_OLD LOOK("") LOOK_PAUSES "]}\n"
#define SPENDING                                                                                   \
    "kv/txn " COMPARE("8") NO_PAUSES                                                               \
        ",{key:/p/approvals/"                                                                      \
        "d2,target:CREATE,result:GREATER,create_revision:0}],success:[" PUT_INTENT(                \
            "payments",                                                                            \
            "false") ",{request_delete_range:{key:/p/approvals/d2}}" FORGET_OLD LOOK("d2")         \
            LOOK_PAUSES "]}\n"

/* Of a channel without a name, of an undo, by another set than is known to the next owner. */
static void test_what_an_intent_asks_for(void **state)
{
    EtcdScript *script = *state;
    FleetIntending *intending;

    intend("payments", NULL, false);
    etcd_script_expect(script, "the instance is not this host's\n");
    host_owner();
    intend("payments", NULL, false);
    etcd_script_expect(script, INTENT);
    answer_txn(true, 9, NULL, 0);
    etcd_script_expect(script, "taken: '' until 0, scope 0, \n");
    intend("payments", "d2", false);
    etcd_script_expect(script, SPENDING);
    answer_txn(true, 9, NULL, 0);
    etcd_script_expect(script, "taken: '' until 0, scope 0, \n");
    intending = intend(NULL, NULL, false);
    etcd_script_expect(script,
                       "kv/txn " COMPARE("8") NO_PAUSE(ALL) NO_PAUSE(INSTANCE)
                           NO_PAUSE(BY_ID) "],success:[" PUT_INTENT("", "false") FORGET_OLD LOOK("")
                               LOOK_PAUSE(ALL) LOOK_PAUSE(INSTANCE) LOOK_PAUSE(BY_ID) "]}\n");
    fleet_cancel_intent(intending);
    etcd_script_take(script);
    etcd_script_expect(script, "");
    memset(scripted.fleet->instances[0]->last_set, 'b', DIGEST_WHOLE);
    intend("payments", NULL, true);
    etcd_script_expect(script,
                       "kv/txn " COMPARE("8") "],success:[" PUT_INTENT("payments", "true") "," LAST(
                           "false", "aaaa") FORGET_OLD LOOK("") "]}\n");
    answer_txn(true, 9, NULL, 0);
    etcd_script_expect(script, "taken: '' until 0, scope 0, \n");
}

#define OWN                                                                                        \
    {                                                                                              \
        .name = "owner/" HASH, .value = "{}", .created = 8, .lease = 77                            \
    }
#define PAUSE(json)                                                                                \
    {                                                                                              \
        .name = "pauses/x", .value = json, .created = 4                                            \
    }

/* Why it was not taken is looked for in what was found: the owner, this piece, the approval, then
 * pauses, the widest first. */
static void test_why_an_intent_was_not_taken(void **state)
{
    static const struct {
        const char *approval;
        Found found[8];
        size_t count;
        const char *says;
    } rows[] = {
        {NULL,
         {OWN},
         6,
         "unanswered: '' until 0, scope 0, etcd did not say why it took no intent\n"},
        {NULL,
         {OWN},
         8,
         "unanswered: '' until 0, scope 0, etcd did not say why it took no intent\n"},
        {NULL, {OWN, {0}, {0}, PAUSE("{\"reason\":\"r\"}")}, 7, "paused: 'r' until 0, scope 2, \n"},
        {NULL, {OWN, {0}, {0}, {0}, PAUSE("?")}, 7, "paused: '' until 0, scope 1, \n"},
        {NULL,
         {OWN, {0}, {0}, {0}, {0}, PAUSE("{\"reason\":\"r\",\"until_usec\":4000000000000000}")},
         7,
         "paused: 'r' until T, scope 0, \n"},
        {NULL,
         {OWN, PAUSE("{}"), {0}, {0}, {0}, {0}, PAUSE("{\"reason\":\"r\"}")},
         7,
         "paused: 'r' until 0, scope 0, \n"},
        {NULL, {OWN, PAUSE("{}")}, 7, "taken: '' until 0, scope 0, \n"},
        {"d2", {OWN, PAUSE("{}")}, 7, "taken: '' until 0, scope 0, \n"},
        {"d2", {OWN}, 7, "approval gone: '' until 0, scope 0, \n"},
    };
    EtcdScript *script = *state;

    host_owner();
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        intend("payments", rows[i].approval, false);
        etcd_script_expect(script, rows[i].approval ? SPENDING : INTENT);
        answer_txn(false, 9, rows[i].found, rows[i].count);
        etcd_script_expect(script, rows[i].says);
    }
    assert_true(fleet_owns(scripted.fleet, "one"));
}

/* One that is over is known by its revision, and is asked again; not for ever. */
static void test_a_pause_that_is_over_is_known_by_its_revision(void **state)
{
#define OVER "{\"until_usec\":1}"
#define AGAIN(all, by_name)                                                                        \
    "kv/txn " COMPARE("8") all NO_PAUSE(INSTANCE) NO_PAUSE(BY_ID) by_name                          \
        "],success:[" PUT_INTENT("payments", "false") FORGET_OLD LOOK("") LOOK_PAUSES "]}\n"
#define UNCHANGED(hash, revision)                                                                  \
    ",{key:/p/pauses/" hash ",target:MOD,result:LESS,mod_revision:" revision "}"
    static const Found found[] = {OWN, {0}, {0}, {0}, {0}, {0}, PAUSE(OVER)}, none[7] = {OWN};
    EtcdScript *script = *state;
    char name[KEYS_NAME_SIZE];
    Found all = {.name = name, .value = OVER};

    host_owner();
    assert_int_equal(keys_format_pause(NULL, NULL, false, name), 0);
    tell(&all, 9);
    etcd_script_expect(script, "pauses/" ALL " is " OVER "\nchanged\n");
    intend("payments", NULL, false);
    etcd_script_expect(script, AGAIN(UNCHANGED(ALL, "10"), NO_PAUSE(BY_NAME)));
    answer_txn(false, 9, found, 7);
    etcd_script_expect(script, AGAIN(UNCHANGED(ALL, "10"), UNCHANGED(BY_NAME, "5")));
    answer_txn(false, 9, none, 7);
    etcd_script_expect(script, AGAIN(UNCHANGED(ALL, "10"), UNCHANGED(BY_NAME, "5")));
    answer_txn(false, 9, none, 7);
    etcd_script_expect(script, "unanswered: '' until 0, scope 0, etcd did not take the intent\n");
}

/* Two of them, and both end. */
static void test_an_instance_that_is_lost_ends_its_intents(void **state)
{
    static const Found others[7] = {
        {.name = "owner/" HASH, .value = "{}", .created = 9, .lease = 5}};
    EtcdScript *script = *state;

    host_owner();
    intend("payments", NULL, false);
    etcd_script_expect(script, INTENT);
    intend("payments", NULL, false);
    etcd_script_expect(script, INTENT);
    answer_txn(false, 9, others, 7);
    etcd_script_expect(script,
                       "drop one: etcd refused a record of it: another host owns the instance\n"
                       "lost: '' until 0, scope 0, the instance is another host's by now\n"
                       "lost: '' until 0, scope 0, the instance is another host's by now\n");
    assert_null(scripted.fleet->instances[0]->intendings);
}

static void test_an_intent_without_an_answer(void **state)
{
    EtcdScript *script = *state;

    host_owner();
    intend("payments", NULL, false);
    etcd_script_expect(script, INTENT);
    etcd_script_answer(script, 400, REFUSED);
    etcd_script_expect(script, "unanswered: '' until 0, scope 0, etcd at etcd-0: no\n");
    intend("payments", NULL, false);
    etcd_script_expect(script, INTENT);
    etcd_script_answer(script, 404, "{\"code\":5,\"message\":\"gone\"}");
    etcd_script_expect_any(script, "unanswered: '' until 0, scope 0, etcd at etcd-0: gone\n"
                                   "drop one: etcd does not know the lease of this host any more\n"
                                   "lease/revoke {\"ID\":\"77\"}\nlease/grant {\"TTL\":\"60\"}\n");
}

/* More than etcd takes of one change. */
static void test_a_change_that_is_too_large_is_made_known_to_nobody(void **state)
{
    static char identity[FLEET_PIECES_SIZE_MAX];
    const Change small = change;
    EtcdScript *script = *state;

    host_owner();
    change.identity = identity;
    change.identity_size = sizeof(identity);
    assert_null(intend("payments", NULL, false));
    change = small;
    assert_true(str_has_prefix(buf_text(&script->said), "member m1 has 13334"));
    assert_non_null(
        strstr(buf_text(&script->said), " bytes, more than what etcd takes of a change\n"));
    buf_reset(&script->said);
    etcd_script_expect(script, "");
    intend("payments", NULL, false);
    etcd_script_expect(script, INTENT);
}

/* ---- writes ---- */

static void on_written(void *userdata, FleetWritten result, uint64_t revision, const char *message)
{
    static const char *const results[] = {
        [FLEET_WRITTEN] = "written", [FLEET_DIFFERS] = "differs", [FLEET_FAILED] = "failed"};

    etcd_script_say(userdata, "%s in %llu: %s", results[result], (unsigned long long)revision,
                    message);
}

static int write_two(const char *key, FleetWriting **ret_writing)
{
    static const FleetIf ifs[] = {{"a", 0}, {"b", 6}};
    static const FleetPut puts[] = {{"a", "{\"v\":1}"}, {"b", NULL}};

    return fleet_write(scripted.fleet, key, ifs, 2, puts, 2, 20 * USEC_PER_SEC, on_written,
                       scripted.script, ret_writing);
}

#define WRITE(owner)                                                                               \
    "kv/txn {compare:[" owner "{key:/p/a,target:CREATE,result:EQUAL,create_revision:0},{"          \
    "key:/p/b,target:MOD,result:LESS,mod_revision:7}],success:[{request_put:{key:/p/a,"            \
    "value:{v:1}}},{request_delete_range:{key:/p/b}}],failure:[{request_range:{key:/p/a}},{"       \
    "request_range:{key:/p/b}}]}\n"

static void test_a_write_is_done_once_or_not(void **state)
{
    static const struct {
        Found found[2];
        size_t count;
        const char *says;
    } rows[] = {
        {{{.name = "a", .value = "{\"v\":1}"}, {0}}, 2, "written in 9: \n"},
        {{{.name = "a", .value = "{\"v\":2}"}, {0}},
         2,
         "differs in 9: somebody has changed it in etcd meanwhile\n"},
        {{{0}, {0}}, 2, "differs in 9: somebody has changed it in etcd meanwhile\n"},
        {{{.name = "a", .value = "{\"v\":1}"}, {.name = "b", .value = "1"}},
         2,
         "differs in 9: somebody has changed it in etcd meanwhile\n"},
        {{{.name = "a", .value = "{\"v\":1}"}},
         1,
         "differs in 9: somebody has changed it in etcd meanwhile\n"},
    };
    EtcdScript *script = *state;
    FleetWriting *first, *second, *third;

    host_owner();
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        assert_int_equal(write_two(NULL, NULL), 0);
        etcd_script_expect(script, WRITE(""));
        answer_txn(false, 9, rows[i].found, rows[i].count);
        etcd_script_expect(script, rows[i].says);
    }
    assert_int_equal(write_two("two", NULL), -EPERM);
    assert_int_equal(write_two("one", NULL), 0);
    etcd_script_expect(script,
                       WRITE("{key:/p/owner/7692,target:CREATE,result:EQUAL,create_revision:8},"));
    answer_txn(true, 10, NULL, 0);
    etcd_script_expect(script, "written in 10: \n");
    assert_int_equal(write_two(NULL, NULL), 0);
    etcd_script_expect(script, WRITE(""));
    etcd_script_answer(script, 400, REFUSED);
    etcd_script_expect(script, "failed in 0: etcd at etcd-0: no\n");
    assert_int_equal(write_two(NULL, NULL), 0);
    etcd_script_expect(script, WRITE(""));
    etcd_script_answer(script, 200, "{}");
    etcd_script_expect(script,
                       "failed in 0: etcd answered no revision: is it etcd 3.4 or newer?\n");
    assert_int_equal(write_two(NULL, &first) + write_two(NULL, &second) + write_two(NULL, &third),
                     0);
    fleet_cancel_write(second);
    fleet_cancel_write(first);
    fleet_cancel_write(third);
    assert_null(scripted.fleet->writings);
    etcd_script_expect(script, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_an_intent_asks_for),
        TEST(test_why_an_intent_was_not_taken),
        TEST(test_a_pause_that_is_over_is_known_by_its_revision),
        TEST(test_an_instance_that_is_lost_ends_its_intents),
        TEST(test_an_intent_without_an_answer),
        TEST(test_a_change_that_is_too_large_is_made_known_to_nobody),
        TEST(test_a_write_is_done_once_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
