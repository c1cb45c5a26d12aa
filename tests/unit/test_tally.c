/* SPDX-License-Identifier: MIT */
/* What is counted, and to which channel: by its entry, its id or its name, over a reload as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "daemon/base/mem.h"
#include "tests/unit/tally_case.h"

#define ID_A "0000000000000000000000000000000a"

static uint64_t count_of(const Tally *tally, size_t instance, RequestKind kind, int code)
{
    const TallyAnswers *answers = &tally->instances[instance].answers[kind];

    for (size_t i = 0; i < answers->code_count; i++) {
        if (answers->codes[i].code == code)
            return answers->codes[i].count;
    }
    return 0;
}

static uint64_t changed(const Tally *tally, size_t channel, ChangeKind kind, TallyOutcome outcome)
{
    return tally->channels[channel].changes ? tally->channels[channel].changes[kind][outcome] : 0;
}

/* ---- requests ---- */

static void answers_by_what_came_of_them(void **state)
{
    static const struct {
        Answer answer;
        int code;
        bool was_sent;
    } rows[] = {
        {{.kind = ANSWER_HTTP, .http = 200}, 200, true},
        {{.kind = ANSWER_HTTP, .http = 999}, 999, true},
        {{.kind = ANSWER_ODD, .http = 201}, 201, true},
        {{.kind = ANSWER_LOST}, TALLY_LOST, true},
        {{.kind = ANSWER_TIMEOUT}, TALLY_TIMEOUT, true},
        {{.kind = ANSWER_NOT_SENT}, TALLY_NOT_SENT, false},
        {{.kind = ANSWER_UNTRUSTED}, TALLY_NOT_SENT, false},
        {{.kind = ANSWER_REFUSED}, TALLY_NOT_SENT, false},
        {{.kind = ANSWER_WITHHELD}, TALLY_NOT_SENT, false},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        _cleanup_(tally_freep) Tally *tally = make(&config);
        const Request request = {.kind = REQUEST_LIST_MEMBERS, .instance = 1};

        tally_on_answer(tally, &request, &rows[i].answer);
        tally_on_answer(tally, &request, &rows[i].answer);
        assert_int_equal(count_of(tally, 1, REQUEST_LIST_MEMBERS, rows[i].code), 2);
        assert_int_equal(tally->instances[1].answers[REQUEST_LIST_MEMBERS].code_count, 1);
        assert_int_equal(tally->instances[1].requests[REQUEST_LIST_MEMBERS].counts[0],
                         rows[i].was_sent ? 2 : 0);
        assert_int_equal(tally->instances[0].answers[REQUEST_LIST_MEMBERS].code_count, 0);
    }
}

static void durations_fall_into_their_buckets(void **state)
{
    _cleanup_(tally_freep) Tally *tally = make(&config);
    const Request request = {.kind = REQUEST_LIST_CHANNELS};
    const TallyHistogram *histogram = &tally->instances[0].requests[REQUEST_LIST_CHANNELS];
    uint64_t sum_usec = 0;

    (void)state;
    for (size_t i = 0; i < TALLY_BUCKET_COUNT; i++) {
        const Answer at = {.http = 200, .took_usec = tally_request_bounds_usec[i]};
        const Answer above = {.http = 200, .took_usec = tally_request_bounds_usec[i] + 1};

        tally_on_answer(tally, &request, &at);
        tally_on_answer(tally, &request, &above);
        sum_usec += at.took_usec + above.took_usec;
    }
    assert_int_equal(histogram->counts[0], 1);
    for (size_t i = 1; i < TALLY_BUCKET_COUNT; i++)
        assert_int_equal(histogram->counts[i], 2);
    assert_int_equal(histogram->counts[TALLY_BUCKET_COUNT], 1);
    assert_int_equal(histogram->sum_usec, sum_usec);
}

static void what_is_sent_again_and_what_could_not_be(void **state)
{
    _cleanup_(tally_freep) Tally *tally = make(&config);
    const Request request = {.kind = REQUEST_DELETE_MEMBER};

    (void)state;
    tally_on_submit(tally, &request, false, 0);
    assert_int_equal(tally->instances[0].retries[REQUEST_DELETE_MEMBER], 0);
    tally_on_submit(tally, &request, true, 0);
    tally_on_submit(tally, &request, false, -ENOMEM);
    tally_on_submit(tally, &request, true, -EKEYEXPIRED); /* will be, with a credential */
    assert_int_equal(tally->instances[0].retries[REQUEST_DELETE_MEMBER], 1);
    assert_int_equal(count_of(tally, 0, REQUEST_DELETE_MEMBER, TALLY_NOT_SENT), 1);
}

/* ---- changes ---- */

static void changes_find_their_channel(void **state)
{
    _cleanup_(tally_freep) Tally *tally = make(&config);
    const RosterChannel of_an_undo = named[0];
    const Event event = {.kind = EVENT_DELETED,
                         .instance_name = "prod",
                         .channel_name = "payments",
                         .channel_id = ID_A,
                         .outcome = OUTCOME_DELETED};
    Event other = event;

    (void)state;
    other.roster = &named[0];
    tally_on_event(tally, &other); /* by its entry */
    other.roster = &of_an_undo;
    tally_on_event(tally, &other); /* by its name, for no id is known */
    other = event;
    other.channel_name = "unknown";
    other.channel_id = ID_B;
    other.outcome = OUTCOME_GONE;
    tally_on_event(tally, &other); /* by its id */
    other.channel_id = ID_A;
    tally_on_event(tally, &other); /* of none that the rosters have */
    other = event;
    other.kind = EVENT_HELD;
    tally_on_event(tally, &other); /* no change */
    other.kind = EVENT_ADD_FAILED;
    other.outcome = OUTCOME_FAILED;
    other.instance_name = "test";
    tally_on_event(tally, &other); /* of the other instance */

    assert_int_equal(changed(tally, 0, CHANGE_DELETE, TALLY_MADE), 2);
    assert_int_equal(changed(tally, 1, CHANGE_DELETE, TALLY_GONE), 1);
    assert_int_equal(changed(tally, 1, CHANGE_DELETE, TALLY_MADE), 0);
    assert_int_equal(changed(tally, 2, CHANGE_ADD, TALLY_FAILED), 1);
    assert_int_equal(changed(tally, 0, CHANGE_ADD, TALLY_FAILED), 0);
}

/* ---- passes ---- */

static void passes_and_what_they_leave(void **state)
{
    _cleanup_(tally_freep) Tally *tally = make(&config);
    Guard guards[] = {{.name = GUARD_MAX_ADDS}, {.name = GUARD_FIGHT}};
    ChannelReport channel = {.channel = &named[0],
                             .id = ID_A,
                             .name = "payments",
                             .result = RESULT_HELD,
                             .has_list = true,
                             .live_count = 5,
                             .guards = guards,
                             .guard_count = 2};
    const Report report = {.channels = &channel, .channel_count = 1};

    (void)state;
    tally_on_no_pass(tally, 0);
    assert_int_equal(tally->instances[0].failed_passes, 1);
    tally_on_pass(tally, 0, &report, 100000, 7000000);
    assert_int_equal(tally->instances[0].failed_passes, 0);
    assert_int_equal(tally->instances[0].passes[RESULT_HELD], 1);
    assert_int_equal(tally->instances[0].pass.counts[0], 1);
    assert_int_equal(tally->instances[0].last_pass_usec, 7000000);
    assert_string_equal(tally->channels[0].id, ID_A);
    assert_int_equal(tally->channels[0].guards, 1U << GUARD_MAX_ADDS | 1U << GUARD_FIGHT);
    assert_int_equal(tally->channels[0].listed_usec, 7000000);
    assert_int_equal(tally->channels[0].in_sync_usec, 0);
    /* Guards of a plan that is not held refuse, and hold nothing; what is not read stays. */
    channel.result = RESULT_FAILED;
    channel.has_list = false;
    channel.live_count = 0;
    tally_on_pass(tally, 0, &report, 100001, 8000000);
    tally_on_pass(tally, 0, &report, 100001, 8000000);
    assert_int_equal(tally->instances[0].failed_passes, 2);
    assert_int_equal(tally->channels[0].guards, 0);
    assert_int_equal(tally->channels[0].counts.live, 5);
    assert_int_equal(tally->channels[0].listed_usec, 7000000);
    channel.result = RESULT_IN_SYNC;
    channel.has_list = true;
    tally_on_pass(tally, 0, &report, 1, 9000000);
    assert_int_equal(tally->channels[0].in_sync_usec, 9000000);
    assert_int_equal(tally->instances[0].failed_passes, 0);
}

/* ---- reloads ---- */

static void count_deletion(Tally *tally, const RosterChannel *channel)
{
    const Event event = {.kind = EVENT_DELETED, .roster = channel, .outcome = OUTCOME_DELETED};

    tally_on_event(tally, &event);
}

/* The first channel goes by its id now, the second by its name, the third is gone, another is new,
 * and the instance is called otherwise. */
static void a_reload_goes_on_with_what_is_the_same(void **state)
{
    const Instance renamed[] = {
        {.name = "new", .endpoint = "https://b", .project_id = "p", .instance_id = "i"},
        {.name = "north", .endpoint = "https://a", .project_id = "p", .instance_id = "i"},
    };
    const RosterChannel later[] = {
        {.instance = 1, .id = ID_A},
        {.instance = 1, .name = "search"},
        {.instance = 0, .name = "payments"},
        {.instance = 1, .name = "orders"},
    };
    const Config after = {
        .instances = renamed, .instance_count = 2, .channels = later, .channel_count = 4};
    _cleanup_(tally_freep) Tally *before = make(&config);
    _cleanup_(tally_freep) Tally *tally = make(&after);
    ChannelReport channels[] = {
        {.channel = &named[0], .id = ID_A, .name = "payments"},
        {.channel = &named[1], .id = ID_B, .name = "search"},
    };
    const Report report = {.channels = channels, .channel_count = 2};

    (void)state;
    tally_on_pass(before, 0, &report, 1, 7000000);
    for (size_t i = 0; i < ELEMENTS(named); i++)
        count_deletion(before, &named[i]);
    tally_take_over(tally, before);
    assert_int_equal(changed(tally, 0, CHANGE_DELETE, TALLY_MADE), 1);
    assert_int_equal(changed(tally, 1, CHANGE_DELETE, TALLY_MADE), 1);
    assert_int_equal(changed(tally, 2, CHANGE_DELETE, TALLY_MADE), 0);
    assert_int_equal(changed(tally, 3, CHANGE_DELETE, TALLY_MADE), 0);
    assert_string_equal(tally->channels[0].name, "payments");
    assert_string_equal(tally->channels[1].id, ID_B);
    assert_string_equal(tally->channels[3].name, "orders");
    assert_int_equal(tally->instances[1].passes[RESULT_IN_SYNC], 1);
    assert_int_equal(tally->instances[0].passes[RESULT_IN_SYNC], 0);
}

static void without_a_tally_nothing_is_counted(void **state)
{
    const Request request = {.kind = REQUEST_LIST_MEMBERS};
    const Answer answer = {.http = 200};
    const Report report = {0};

    (void)state;
    tally_on_submit(NULL, &request, true, 0);
    tally_on_answer(NULL, &request, &answer);
    count_deletion(NULL, &named[0]);
    tally_on_pass(NULL, 0, &report, 1, 1);
    tally_on_no_pass(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_by_what_came_of_them),
        cmocka_unit_test(durations_fall_into_their_buckets),
        cmocka_unit_test(what_is_sent_again_and_what_could_not_be),
        cmocka_unit_test(changes_find_their_channel),
        cmocka_unit_test(passes_and_what_they_leave),
        cmocka_unit_test(a_reload_goes_on_with_what_is_the_same),
        cmocka_unit_test(without_a_tally_nothing_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
