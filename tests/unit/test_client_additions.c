/* SPDX-License-Identifier: MIT */
/* Members put back: what is sent, what the client refuses to send, what an answer means. */
#include "tests/unit/client_case.h"

#include <errno.h>

#include "daemon/roma/wire/member_body.h"
#include "reconcile/request/classify.h"
#include "tests/unit/member_texts.h"

#define OLD_ROW                                                                                    \
    "{\"host\":\"10.1.0.9\",\"port\":0,\"weight\":7,\"is_backup\":true,\"status\":2,"              \
    "\"member_group_name\":\"blue\",\"member_group_id\":\"g\",\"ecs_id\":\"10.1.0.9\","            \
    "\"ecs_name\":\"10.1.0.9\",\"id\":\"m1\",\"vpc_channel_id\":\"c1\",\"create_time\":\"then\","  \
    "\"later\":{\"a\":[1]}}"

static void assert_body(const char *row, bool is_ecs, const char *expected)
{
    Buf buf = {0};

    assert_int_equal(member_body_append(row, is_ecs, &buf), 0);
    assert_string_equal(buf_text(&buf), expected);
    buf_done(&buf);
}

/* Each field as it was, none that the service makes by itself, and none that was not there. */
static void test_bodies(void **state)
{
    Buf buf = {0};

    (void)state;
    assert_body(OLD_ROW, false,
                "{\"members\":[{\"host\":\"10.1.0.9\",\"port\":0,\"weight\":7,\"is_backup\":true,"
                "\"status\":2,\"member_group_name\":\"blue\"}]}");
    assert_body(OLD_ROW, true,
                "{\"members\":[{\"ecs_id\":\"10.1.0.9\",\"ecs_name\":\"10.1.0.9\",\"port\":0,"
                "\"weight\":7,\"is_backup\":true,\"status\":2,\"member_group_name\":\"blue\"}]}");
    assert_body("{\"host\":\"h/\\u00e9\",\"weight\":null}", false,
                "{\"members\":[{\"host\":\"h/\xc3\xa9\"}]}");
    assert_int_equal(member_body_append("{\"port\":1}", false, &buf), -EINVAL);
    assert_int_equal(member_body_append("[]", false, &buf), -EINVAL);
    assert_int_equal(member_body_append("", false, &buf), -EINVAL);
    assert_int_equal(buf.size, 0);
    buf_done(&buf);
}

/* ---- what a pass sends ---- */

static void assert_composed(const MemberPost *post, const char *expected)
{
    Arena arena = {0};
    const char *text = member_body_compose(post, &arena);

    if (expected)
        assert_string_equal(text ? text : "nothing", expected);
    else
        assert_null(text);
    arena_done(&arena);
}

static void test_an_addition_has_its_place_and_what_is_stated(void **state)
{
    const RosterMember bare = {.address = "10.1.0.5"};
    const RosterMember whole = {MEMBER_IN_GROUP("10.1.0.6", "blue"), .weight = 5, .backup = true,
                                .enabled = false};
    const uint8_t all = ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED;

    (void)state;
    assert_composed(&(MemberPost){.wanted = &bare, .port = 8080},
                    "{\"host\":\"10.1.0.5\",\"port\":8080}");
    assert_composed(&(MemberPost){.wanted = &whole, .port = 81, .states = all},
                    "{\"host\":\"10.1.0.6\",\"port\":81,\"member_group_name\":\"blue\","
                    "\"weight\":5,\"is_backup\":true,\"status\":2}");
    assert_composed(&(MemberPost){.wanted = &whole,
                                  .port = 81,
                                  .states = all & (uint8_t)~ROSTER_MEMBER_WEIGHT,
                                  .leaves_weight = true},
                    "{\"host\":\"10.1.0.6\",\"port\":81,\"member_group_name\":\"blue\","
                    "\"is_backup\":true,\"status\":2}");
}

static void test_a_server_is_added_with_its_name_or_its_id(void **state)
{
    const RosterMember server = {.address = "vm-1", .is_ecs = true};

    (void)state;
    assert_composed(&(MemberPost){.wanted = &server, .port = 80},
                    "{\"ecs_id\":\"vm-1\",\"ecs_name\":\"vm-1\",\"port\":80}");
}

/* Each other field as it is live, and nothing that the service makes by itself. */
static void test_a_correction_replaces_what_is_stated(void **state)
{
    const RosterMember wanted = {MEMBER_IN_GROUP("10.1.0.9", "blue"), .weight = 3, .backup = false,
                                 .enabled = true};
    const RosterMember server = {MEMBER_IN_GROUP("10.1.0.9", "blue"), .is_ecs = true};
    MemberPost post = {.wanted = &wanted, .port = 8080, .before = OLD_ROW};

    (void)state;
    post.states = ROSTER_MEMBER_WEIGHT;
    assert_composed(&post, "{\"host\":\"10.1.0.9\",\"port\":0,\"is_backup\":true,\"status\":2,"
                           "\"member_group_name\":\"blue\",\"weight\":3}");
    post.states = ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED;
    assert_composed(&post, "{\"host\":\"10.1.0.9\",\"port\":0,\"weight\":7,"
                           "\"member_group_name\":\"blue\",\"is_backup\":false,\"status\":1}");
    post.leaves_weight = true;
    assert_composed(&post, "{\"host\":\"10.1.0.9\",\"port\":0,"
                           "\"member_group_name\":\"blue\",\"is_backup\":false,\"status\":1}");
    post = (MemberPost){.wanted = &server, .port = 8080, .before = OLD_ROW};
    assert_composed(&post, "{\"ecs_id\":\"10.1.0.9\",\"ecs_name\":\"10.1.0.9\",\"port\":0,"
                           "\"weight\":7,\"is_backup\":true,\"status\":2,"
                           "\"member_group_name\":\"blue\"}");
    post.before = "{\"port\":1}";
    assert_composed(&post, NULL);
    post.before = "[";
    assert_composed(&post, NULL);
}

static Request addition(ClientCase *client_case)
{
    Request request = client_case_delete_request(client_case);

    request.kind = REQUEST_ADD_MEMBERS;
    request.member_json = OLD_ROW;
    request.action = 7;
    return request;
}

static int permit_undone(ClientCase *client_case, ChangeKind kind, uint64_t action)
{
    const Change change = {.kind = kind, .member_id = MEMBER, .action = action};

    return roma_client_permit_undone(client_case->client, 0, CHANNEL, &change);
}

static void test_is_sent(void **state)
{
    ClientCase *client_case = *state;
    Request request = addition(client_case);

    client_case->status = 201;
    client_case->body = ONE_MEMBER;
    client_case_start(client_case, false);
    assert_int_equal(permit_undone(client_case, CHANGE_ADD, 7), 0);
    client_case_ask(client_case, &request);
    assert_int_equal(client_case->answer.kind, ANSWER_HTTP);
    assert_int_equal(client_case->answer.http, 201);
    assert_int_equal(classify(REQUEST_ADD_MEMBERS, &client_case->answer), VERDICT_DONE);
    client_case_assert_has(client_case->request, "POST " MEMBERS_PATH " HTTP/1.1\r\n");
    client_case_assert_header(client_case, "Content-Type", "application/json");
}

static void assert_refused(ClientCase *client_case)
{
    Request request = addition(client_case), list = client_case_list_request(client_case);

    assert_int_equal(roma_client_submit(client_case->client, &request), -EPERM);
    client_case_ask(client_case, &list);
    assert_int_equal(peer_requests(client_case->peer), 1);
}

/* The permit of a deletion is none for an addition. */
static void test_needs_its_permit(void **state)
{
    ClientCase *client_case = *state;

    client_case_start(client_case, false);
    assert_int_equal(roma_client_permit(client_case->client, 0, CHANNEL, MEMBER), 0);
    assert_int_equal(permit_undone(client_case, CHANGE_ADD, 8), 0);
    assert_refused(client_case);
}

static void test_permit_is_forgotten(void **state)
{
    ClientCase *client_case = *state;

    client_case_start(client_case, false);
    assert_int_equal(permit_undone(client_case, CHANGE_ADD, 7), 0);
    roma_client_forget_permits(client_case->client, 0);
    assert_refused(client_case);
}

/* A change of a pass is known by its action, in its channel: ids of additions are not known yet. */
static void test_a_recorded_change_is_sent_by_its_action(void **state)
{
    ClientCase *client_case = *state;
    Request request = addition(client_case);

    client_case->status = 201;
    client_case->body = ONE_MEMBER;
    client_case->channel.mode = client_case->config.mode = MODE_SYNC;
    client_case_start(client_case, false);
    request.member_id = "";
    request.action = 7;
    assert_int_equal(roma_client_submit(client_case->client, &request), -EPERM);
    assert_int_equal(roma_client_permit_action(client_case->client, 0, CHANNEL, 8), 0);
    assert_int_equal(roma_client_permit_action(client_case->client, 0, "another", 7), 0);
    assert_int_equal(roma_client_submit(client_case->client, &request), -EPERM);
    assert_int_equal(roma_client_permit_action(client_case->client, 0, CHANNEL, 7), 0);
    client_case_ask(client_case, &request);
    assert_int_equal(client_case->answer.http, 201);
    client_case_assert_has(client_case->request, "POST " MEMBERS_PATH " HTTP/1.1\r\n");
    roma_client_forget_permits(client_case->client, 0);
    assert_int_equal(roma_client_submit(client_case->client, &request), -EPERM);
}

static void test_a_recorded_change_is_sent_in_modes_that_add(void **state)
{
    static const Mode modes[] = {MODE_PRUNE, MODE_OBSERVE};
    ClientCase *client_case = *state;
    Request request = addition(client_case);

    client_case->channel.mode = client_case->config.mode = MODE_SYNC;
    client_case_start(client_case, false);
    request.member_id = "";
    request.action = 7;
    assert_int_equal(roma_client_permit_action(client_case->client, 0, CHANNEL, 7), 0);
    for (size_t i = 0; i < ELEMENTS(modes); i++) {
        client_case->channel.mode = modes[i];
        assert_int_equal(roma_client_submit(client_case->client, &request), -EPERM);
    }
}

static void test_no_deletion_is_sent_in_a_mode_that_only_adds(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_delete_request(client_case);

    client_case->channel.mode = client_case->config.mode = MODE_ADD;
    client_case_start(client_case, false);
    assert_int_equal(roma_client_permit(client_case->client, 0, CHANNEL, MEMBER), 0);
    assert_int_equal(roma_client_submit(client_case->client, &request), -EPERM);
}

static void test_permits_no_deletion(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_delete_request(client_case);

    client_case_start(client_case, false);
    assert_int_equal(permit_undone(client_case, CHANGE_ADD, 7), 0);
    assert_int_equal(roma_client_submit(client_case->client, &request), -EPERM);
}

/* What an undo has recorded is sent whatever the mode makes of its own: but for `observe`. */
static void test_an_undo_deletes_in_a_mode_that_only_adds(void **state)
{
    ClientCase *client_case = *state;
    Request request = client_case_delete_request(client_case);

    client_case->status = 204;
    client_case->channel.mode = client_case->config.mode = MODE_ADD;
    client_case_start(client_case, false);
    assert_int_equal(permit_undone(client_case, CHANGE_DELETE, 7), 0);
    client_case_ask(client_case, &request);
    assert_int_equal(client_case->answer.http, 204);
    client_case->channel.mode = MODE_OBSERVE;
    assert_int_equal(roma_client_submit(client_case->client, &request), -EPERM);
}

static void test_never_in_a_dry_run(void **state)
{
    ClientCase *client_case = *state;

    client_case_start(client_case, true);
    assert_int_equal(permit_undone(client_case, CHANGE_ADD, 7), 0);
    assert_refused(client_case);
}

static void test_never_where_a_channel_is_observed(void **state)
{
    ClientCase *client_case = *state;

    client_case->channel.mode = MODE_OBSERVE;
    client_case_start(client_case, false);
    assert_int_equal(permit_undone(client_case, CHANGE_ADD, 7), 0);
    assert_refused(client_case);
}

static void test_never_under_observing_settings(void **state)
{
    ClientCase *client_case = *state;

    client_case->config.mode = MODE_OBSERVE;
    client_case_start(client_case, false);
    assert_int_equal(permit_undone(client_case, CHANGE_ADD, 7), 0);
    assert_refused(client_case);
}

static void test_meaning_of_answers(void **state)
{
    static const struct {
        int http;
        const char *code;
        Verdict verdict;
        bool is_ambiguous;
    } rows[] = {
        {201, "", VERDICT_DONE, true},
        {200, "", VERDICT_UNCERTAIN, true},
        {204, "", VERDICT_UNCERTAIN, true},
        {400, "APIG.2004", VERDICT_PERMANENT, false},
        {401, "APIG.1002", VERDICT_RENEW, false},
        {403, "APIG.1005", VERDICT_CHANNEL, false},
        {404, "APIG.3024", VERDICT_CHANNEL, false},
        {404, "APIG.3023", VERDICT_CHANNEL, false},
        {429, "", VERDICT_THROTTLE, false},
        {500, "APIG.9999", VERDICT_RETRY, true},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Answer answer = {.kind = ANSWER_HTTP, .http = rows[i].http};

        strcpy(answer.code, rows[i].code);
        assert_int_equal(classify(REQUEST_ADD_MEMBERS, &answer), rows[i].verdict);
        assert_int_equal(classify_is_ambiguous(&answer), rows[i].is_ambiguous);
    }
    assert_int_equal(classify(REQUEST_ADD_MEMBERS, &(Answer){.kind = ANSWER_ODD}),
                     VERDICT_PERMANENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, client_case_setup, client_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_an_addition_has_its_place_and_what_is_stated),
        cmocka_unit_test(test_a_server_is_added_with_its_name_or_its_id),
        cmocka_unit_test(test_a_correction_replaces_what_is_stated),
        TEST(test_is_sent),
        TEST(test_needs_its_permit),
        TEST(test_permit_is_forgotten),
        TEST(test_a_recorded_change_is_sent_by_its_action),
        TEST(test_a_recorded_change_is_sent_in_modes_that_add),
        TEST(test_no_deletion_is_sent_in_a_mode_that_only_adds),
        TEST(test_permits_no_deletion),
        TEST(test_an_undo_deletes_in_a_mode_that_only_adds),
        TEST(test_never_in_a_dry_run),
        TEST(test_never_where_a_channel_is_observed),
        TEST(test_never_under_observing_settings),
        cmocka_unit_test(test_meaning_of_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
