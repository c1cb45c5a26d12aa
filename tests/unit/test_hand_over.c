/* SPDX-License-Identifier: MIT */
/* What an owner hands over of its state, and what the next one makes of it and of what was made
 * known since. */
#include "daemon/log/message_ids.h"
#include "daemon/shared/hand_over.h"

#include <inttypes.h>

#include "daemon/store/quarantine.h"
#include "daemon/store/store_internal.h"
#include "tests/unit/failing.h"
#include "tests/unit/log_case.h"
#include "tests/unit/test_store_common.h"

typedef struct Hands {
    char root[SCRATCH_SIZE];
    Store *store;
    LogCase log;
    Buf carry;
} Hands;

static int setup(void **state)
{
    static Hands hands;
    char path[SCRATCH_SIZE + 8];

    hands = (Hands){0};
    assert_true(scratch_make(hands.root, "/tmp", "rosterd-hands"));
    snprintf(path, sizeof(path), "%s/state", hands.root);
    assert_int_equal(store_open(path, &hands.store, NULL), 0);
    assert_int_equal(store_name_instance(hands.store, KEY, "prod", NULL), 0);
    log_case_begin(&hands.log, LOG_LEVEL_INFO);
    *state = &hands;
    return 0;
}

static int teardown(void **state)
{
    Hands *hands = *state;

    log_case_end(&hands->log);
    buf_done(&hands->carry);
    store_free(hands->store);
    scratch_remove(hands->root);
    return 0;
}

/* What stands in the state now, but for times. */
static void assert_carries(Hands *hands, const char *carry)
{
    static const char *const times[] = {"\"at_usec\":", "\"passed_usec\":"};
    _cleanup_(buf_done) Buf said = {0};

    buf_reset(&hands->carry);
    assert_int_equal(hand_over_append(hands->store, KEY, "prod", &hands->carry), 0);
    for (const char *text = buf_text(&hands->carry); *text;) {
        size_t size = 1, passed = 0;

        for (size_t i = 0; i < ELEMENTS(times); i++) {
            if (strncmp(text, times[i], strlen(times[i])) == 0) {
                size = strlen(times[i]);
                passed = strcspn(text + size, ",}");
            }
        }
        buf_append(&said, text, size);
        buf_puts(&said, passed > 0 ? "T" : "");
        text += size + passed;
    }
    assert_string_equal(buf_text(&said), carry);
}

static void see(Hands *hands, const char *member_id)
{
    const Sighting sighting = {member_id, 2};

    assert_int_equal(store_remember(hands->store, KEY, "c1", &sighting, 1, NULL), 0);
}

static size_t count_changes(const Hands *hands)
{
    const StoreScope channel = {KEY, "prod", "c1", "payments"};
    ChannelRecord record = {0};
    size_t count;

    assert_int_equal(store_recall(hands->store, &channel, clock_realtime_usec(), &record, NULL), 0);
    count = record.change_count;
    channel_record_done(&record);
    return count;
}

static void test_what_is_known_goes_along(void **state)
{
    static const char member[] = "m1";
    const char *const ids[] = {member};
    Hands *hands = *state;
    uint64_t before_usec = clock_realtime_usec(), at_usec;

    see(hands, "m2");
    assert_int_equal(store_quarantine_enter(hands->store, CHANNEL("c1"), USEC_PER_HOUR, ids, 1,
                                            clock_realtime_usec(), NULL),
                     0);
    assert_carries(hands, "{\"at_usec\":T,\"sightings\":[{\"channel_id\":\"c1\",\"member_id\":"
                          "\"m2\",\"count\":2}],\"quarantine\":[{\"channel_id\":\"c1\","
                          "\"channel_name\":null,\"member_id\":\"m1\",\"ours\":false,"
                          "\"span_usec\":3600000000,\"passed_usec\":T}],\"conditions\":[]}\n");
    assert_int_equal(sscanf(buf_text(&hands->carry), "{\"at_usec\":%" SCNu64 ",", &at_usec), 1);
    assert_in_range(at_usec, before_usec, clock_realtime_usec());
    log_case_expect(&hands->log, "");
}

#define SIGHTINGS(id) "\"sightings\":[{\"channel_id\":\"c1\",\"member_id\":\"" id "\",\"count\":3}]"
#define DISABLED(host, member)                                                                     \
    "{\"host\":\"" host "\",\"token\":4,\"pass\":\"p-1\",\"channel_id\":\"c1\","                   \
    "\"channel_name\":\"payments\",\"undo\":false,\"changes\":[{\"kind\":\"disable\","             \
    "\"member_id\":\"" member "\",\"identity\":\"aQ==\",\"before\":\"{}\"}]}"
#define QUARANTINED(member)                                                                        \
    "{\"channel_id\":\"c1\",\"channel_name\":\"payments\",\"member_id\":\"" member                 \
    "\",\"identity\":\"aQ==\",\"original\":\"{}\",\"ours\":true,\"span_usec\":1,"                  \
    "\"passed_usec\":T}"

/* Its carry, and what other hosts made known after that: not what this one did, nor, of whom it
 * disabled, what was made known before. */
static void test_what_was_left_is_taken(void **state)
{
    Hands *hands = *state;
    const uint64_t now_usec = clock_realtime_usec();
    char json[256];
    const FleetPast past[] = {
        {"c1", now_usec - 3 * USEC_PER_MINUTE, DISABLED("admin-b", "m1")},
        {"c1", now_usec - 2 * USEC_PER_MINUTE, DISABLED("admin-b", "m2")},
        {"c1", now_usec - USEC_PER_MINUTE, DISABLED("admin-a", "m3")},
        {"c1", now_usec - USEC_PER_MINUTE, DISABLED("admin-c", "m4")},
    };
    FleetCarry carry = {.json = json,
                        .intents = past,
                        .intent_count = ELEMENTS(past),
                        .host = "admin-b",
                        .set_digest = "",
                        .is_handed_over = true};

    snprintf(json, sizeof(json), "{\"at_usec\":%llu," SIGHTINGS("m9") "}",
             (unsigned long long)(now_usec - 2 * USEC_PER_MINUTE));
    see(hands, "m2");
    hand_over_take(hands->store, KEY, "prod", "admin-a", &carry);
    assert_carries(hands, "{\"at_usec\":T," SIGHTINGS("m9") ",\"quarantine\":[" QUARANTINED(
                              "m2") "," QUARANTINED("m4") "],\"conditions\":[]}\n");
    assert_int_equal(count_changes(hands), 3);
    carry.is_handed_over = false; /* what it sighted may be out of date */
    carry.intent_count = 0;
    hand_over_take(hands->store, KEY, "prod", "admin-a", &carry);
    assert_carries(hands, "{\"at_usec\":T,\"sightings\":[],\"quarantine\":[" QUARANTINED(
                              "m2") "," QUARANTINED("m4") "],\"conditions\":[]}\n");
    log_case_expect(&hands->log, "");
}

#define WARNING(text)                                                                              \
    "\"level\":\"warning\",\"message\":\"" text "\",\"MESSAGE_ID\":\"" MESSAGE_STATE               \
    "\",\"ROSTERD_INSTANCE\":\"prod\"}\n"

/* Nothing of it counts, nor what was sighted here before; the log says so. */
static void test_what_is_odd_is_not_taken(void **state)
{
    static const FleetPast odd[] = {{"c1", 1, DISABLED("admin-b", "m1")}, {"c1", 2, "{}"}};
    static const struct {
        FleetCarry carry;
        const char *says;
    } rows[] = {
        {{.json = "{" SIGHTINGS("m9") ",\"quarantine\":1}",
          .host = "admin-b",
          .set_digest = "",
          .is_handed_over = true},
         WARNING(
             "prod: fleet: what admin-b left is not taken over: quarantine: should be an array, "
             "is a whole number")},
        {{.json = "{" SIGHTINGS("m9") "}",
          .intents = odd,
          .intent_count = 2,
          .host = "",
          .set_digest = "",
          .is_handed_over = true},
         WARNING("prod: fleet: what the owner before left is not taken over: host: missing, should "
                 "be a text")},
    };
    Hands *hands = *state;

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        see(hands, "m2");
        hand_over_take(hands->store, KEY, "prod", "admin-a", &rows[i].carry);
        assert_carries(hands,
                       "{\"at_usec\":T,\"sightings\":[],\"quarantine\":[],\"conditions\":[]}\n");
        assert_int_equal(count_changes(hands), 0);
        log_case_expect(&hands->log, rows[i].says);
    }
}

/* More than etcd takes. */
static void test_what_is_left_out_is_told(void **state)
{
    Hands *hands = *state;
    char *why = NULL;

    see(hands, "m1");
    assert_int_equal(
        sqlite3_exec(hands->store->db,
                     "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < "
                     "20000) INSERT INTO sighting (instance, channel_id, member_id, count) SELECT "
                     "instance, 'c1', printf('%032d', i), 1 FROM n, sighting WHERE member_id = "
                     "'m1'",
                     NULL, NULL, &why),
        SQLITE_OK);
    assert_carries(hands, "{\"at_usec\":T,\"quarantine\":[],\"conditions\":[]}\n");
    log_case_expect(&hands->log, WARNING("prod: fleet: too much for etcd: the next owner will not "
                                         "know of sightings"));
}

static void test_a_state_that_fails_is_told(void **state)
{
    const FleetCarry carry = {.json = "", .host = "admin-b", .set_digest = ""};
    Hands *hands = *state;
    _cleanup_(buf_done) Buf said = {0};
    char *why = NULL;

    assert_int_equal(sqlite3_exec(hands->store->db, "DROP TABLE sighting", NULL, NULL, &why),
                     SQLITE_OK);
    assert_true(hand_over_append(hands->store, KEY, "prod", &hands->carry) < 0);
    log_case_read(&hands->log, &said);
    assert_non_null(strstr(buf_text(&said), "\"prod: fleet: the next owner is told nothing new: "));
    assert_non_null(strstr(buf_text(&said), "no such table"));
    assert_non_null(strstr(buf_text(&said), "\"level\":\"warning\""));
    hand_over_take(hands->store, KEY, "prod", "admin-a", &carry);
    log_case_read(&hands->log, &said);
    assert_non_null(
        strstr(buf_text(&said), "\"prod: fleet: what admin-b left is not taken over: "));
    assert_non_null(strstr(buf_text(&said), "no such table"));
}

/* Whether the log says so, and nothing else; it is empty after. */
static bool is_told(Hands *hands, const char *text)
{
    _cleanup_(buf_done) Buf said = {0};
    bool is;

    log_case_read(&hands->log, &said);
    is = strstr(buf_text(&said), text);
    assert_int_equal(is, said.size > 0);
    if (is)
        assert_non_null(strstr(buf_text(&said), "out of memory"));
    return is;
}

/* What there is no memory for is told. */
static void test_each_allocation_fails_once(void **state)
{
    static const FleetPast past[] = {{"c1", UINT64_MAX / 4, DISABLED("admin-c", "m4")}};
    const FleetCarry carry = {.json = "{" SIGHTINGS("m9") "}",
                              .intents = past,
                              .intent_count = 1,
                              .host = "admin-b",
                              .set_digest = "",
                              .is_handed_over = true};
    Hands *hands = *state;
    size_t told[2] = {0};

    if (!failing_is_possible())
        skip();
    for (size_t i = 0; i < 2; i++) {
        bool did_fail = true;

        for (long index = 0; did_fail; index++) {
            int r = 0;

            assert_int_equal(
                sqlite3_exec(hands->store->db, "DELETE FROM quarantine", NULL, NULL, NULL),
                SQLITE_OK);
            buf_reset(&hands->carry); /* and the state has all that it keeps */
            assert_int_equal(hand_over_append(hands->store, KEY, "prod", &hands->carry), 0);
            buf_done(&hands->carry);
            failing_after(index);
            if (i == 0)
                r = hand_over_append(hands->store, KEY, "prod", &hands->carry);
            else
                hand_over_take(hands->store, KEY, "prod", "admin-a", &carry);
            did_fail = failing_stop();
            if (is_told(hands, i == 0 ? "the next owner is told nothing new: "
                                      : "what admin-b left is not taken over: ")) {
                assert_true(did_fail && (i == 1 || r < 0));
                told[i]++;
            } else {
                assert_int_equal(r, 0);
                buf_reset(&hands->carry);
                assert_int_equal(hand_over_append(hands->store, KEY, "prod", &hands->carry), 0);
                assert_int_equal(!strstr(buf_text(&hands->carry), "\"member_id\":\"m4\""), i == 0);
            }
        }
    }
    assert_true(told[0] > 3 && told[1] > 3);
    assert_carries(hands, "{\"at_usec\":T," SIGHTINGS("m9") ",\"quarantine\":[" QUARANTINED(
                              "m4") "],\"conditions\":[]}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_known_goes_along),   TEST(test_what_was_left_is_taken),
        TEST(test_what_is_odd_is_not_taken),   TEST(test_what_is_left_out_is_told),
        TEST(test_a_state_that_fails_is_told), TEST(test_each_allocation_fails_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
