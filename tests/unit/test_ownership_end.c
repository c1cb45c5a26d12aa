/* SPDX-License-Identifier: MIT */
/* How a host loses an instance, and how it gives one away. */
#include "tests/unit/ownership_case.h"

/* ---- losing ---- */

static void test_an_owner_that_is_none_any_more_drops_it(void **state)
{
    static const struct {
        OwnerKind owner;
        uint64_t revision, token;
        const char *done;
    } rows[] = {
        {OWNER_OTHER, 9, 9, "room; drop: another host owns the instance"},
        {OWNER_NOBODY, 9, 0, "room; drop: the instance has no owner any more; campaign"},
        {OWNER_OTHER, 6, 5, ""}, /* older than the campaign */
        {OWNER_SELF, 9, 7, ""},
    };
    Host *host = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        setup(state);
        owns(host);
        ownership_on_owner(&host->ownership, rows[i].owner, rows[i].revision, rows[i].token);
        expect(host, rows[i].done, USEC_NEVER);
        assert_int_equal(ownership_allows_changes(&host->ownership) && host->ownership.token == 7,
                         rows[i].done[0] == '\0');
        teardown(state);
    }
}

/* The first revision of an etcd is a token as any other. */
static void test_the_least_token_is_lost_as_any_other(void **state)
{
    Host *host = *state;

    ownership_on_owner(&host->ownership, OWNER_NOBODY, 0, 0);
    ownership_on_lease(&host->ownership);
    ownership_on_won(&host->ownership, 1, true);
    expect(host, "campaign; begin: at once", USEC_NEVER);
    ownership_on_owner(&host->ownership, OWNER_OTHER, 2, 2);
    expect(host, "room; drop: another host owns the instance", USEC_NEVER);
}

static void test_a_lease_that_is_lost_takes_all_along(void **state)
{
    Host *host = *state;

    owns(host);
    ownership_on_lost(&host->ownership, "it has lapsed");
    expect(host, "room; drop: it has lapsed", USEC_NEVER);
    assert_false(ownership_allows_changes(&host->ownership));
    assert_int_equal(host->ownership.token, 0);
    ownership_on_lease(&host->ownership); /* whose it is by now is not known */
    expect(host, "", USEC_NEVER);
    ownership_on_owner(&host->ownership, OWNER_NOBODY, 20, 0);
    expect(host, "campaign", USEC_NEVER);
}

static void test_a_record_that_etcd_refuses_drops_it(void **state)
{
    Host *host = *state;

    owns(host);
    ownership_on_fenced(&host->ownership);
    expect(host, "room; drop: etcd refused a record of it: another host owns the instance",
           USEC_NEVER);
    ownership_on_fenced(&host->ownership);
    ownership_on_room(&host->ownership); /* whose it is is not known */
    expect(host, "", USEC_NEVER);
}

/* ---- giving away ---- */

static void test_it_is_given_away_once_it_is_quiet(void **state)
{
    Host *host = *state;
    Ownership *ownership = &host->ownership;

    owns(host);
    host->is_busy = true;
    ownership_drain(ownership, "this host is drained");
    expect(host, "stop: this host is drained", USEC_NEVER);
    ownership_drain(ownership, "once more");
    ownership_step(ownership);
    expect(host, "", USEC_NEVER);
    assert_true(ownership_allows_changes(ownership)); /* what is begun is completed */
    host->is_busy = false;
    ownership_step(ownership);
    expect(host, "release: has waited", USEC_NEVER);
    assert_false(ownership_allows_changes(ownership));
    ownership_step(ownership);                         /* it is asked for once */
    ownership_on_owner(ownership, OWNER_NOBODY, 9, 0); /* the answer is to come */
    expect(host, "", USEC_NEVER);
    ownership_on_released(ownership, 9);
    expect(host, "room; drop: the instance was given away", USEC_NEVER);
    ownership_undrain(ownership);
    expect(host, "campaign", USEC_NEVER);
    /* What is taken anew is completed as well when it is given away. */
    ownership_on_won(ownership, 11, true);
    host->is_busy = true;
    ownership_drain(ownership, "once more");
    assert_true(ownership_allows_changes(ownership));
}

/* Wanted again while it goes, it is asked for as soon as it is gone. */
static void test_one_that_is_wanted_again_is_given_away_first(void **state)
{
    Host *host = *state;

    owns(host);
    ownership_drain(&host->ownership, "drained");
    ownership_undrain(&host->ownership);
    expect(host, "stop: drained; release: has waited", USEC_NEVER);
    ownership_on_released(&host->ownership, 9);
    expect(host, "room; drop: the instance was given away; campaign", USEC_NEVER);
}

static void test_one_that_has_not_waited_says_so(void **state)
{
    Host *host = *state;

    campaigns(host);
    ownership_on_won(&host->ownership, 7, false);
    expect(host, "begin: after handover", USEC_NEVER);
    host->now_usec += HANDOVER - 1;
    ownership_drain(&host->ownership, "drained");
    expect(host, "stop: drained; release: has not waited", USEC_NEVER);
}

static void test_a_release_without_an_answer_is_asked_for_again(void **state)
{
    Host *host = *state;
    Ownership *ownership = &host->ownership;

    owns(host);
    ownership_drain(ownership, "drained");
    expect(host, "stop: drained; release: has waited", USEC_NEVER);
    ownership_on_unanswered(ownership);
    expect(host, "", OWNERSHIP_RETRY_USEC);
    ownership_step(ownership); /* not before its time */
    expect(host, "", OWNERSHIP_RETRY_USEC);
    host->now_usec += OWNERSHIP_RETRY_USEC;
    on_time(host);
    expect(host, "release: has waited", USEC_NEVER);
    /* Another one has it: nothing is to come. */
    ownership_on_owner(ownership, OWNER_OTHER, 12, 12);
    expect(host, "room; drop: another host owns the instance", USEC_NEVER);
}

/* The first try had given it away, as the watch tells while none is under way. */
static void test_a_release_whose_answer_is_lost_is_told_by_the_watch(void **state)
{
    Host *host = *state;

    owns(host);
    ownership_drain(&host->ownership, "drained");
    ownership_on_unanswered(&host->ownership);
    expect(host, "stop: drained; release: has waited", OWNERSHIP_RETRY_USEC);
    ownership_on_owner(&host->ownership, OWNER_NOBODY, 9, 0);
    expect(host, "room; drop: the instance was given away", USEC_NEVER);
}

/* Drained while the campaign is under way: it is won, and given away with the next step. */
static void test_what_is_won_by_a_drained_host_is_given_away(void **state)
{
    Host *host = *state;

    campaigns(host);
    ownership_drain(&host->ownership, "drained");
    ownership_on_won(&host->ownership, 7, true);
    expect(host, "begin: at once", USEC_NEVER);
    ownership_step(&host->ownership);
    expect(host, "stop: this host gives its instances away; release: has waited", USEC_NEVER);
    ownership_on_released(&host->ownership, 9);
    expect(host, "room; drop: the instance was given away", USEC_NEVER);
}

/* ---- a campaign that arrives late ---- */

#define ONCE_MORE "a request of before has taken the instance once more"

/* Its key is this host's, under a lease that goes on: if this host did not own it, nobody would. */
static void test_a_campaign_that_arrives_twice_makes_it_own_anew(void **state)
{
    Host *host = *state;

    owns(host);
    ownership_on_owner(&host->ownership, OWNER_SELF, 9, 9);
    expect(host, "room; drop: " ONCE_MORE "; begin: after handover", USEC_NEVER);
    assert_int_equal(host->ownership.token, 9);
    assert_false(ownership_allows_changes(&host->ownership));
}

static void test_a_campaign_that_arrives_after_the_release_is_given_away_as_well(void **state)
{
    Host *host = *state;

    owns(host);
    ownership_drain(&host->ownership, "drained");
    expect(host, "stop: drained; release: has waited", USEC_NEVER);
    ownership_on_owner(&host->ownership, OWNER_SELF, 10, 10); /* before the answer, of 9 */
    expect(host, "", USEC_NEVER);
    ownership_on_released(&host->ownership, 9);
    expect(host, "room; drop: the instance was given away; begin: after handover", USEC_NEVER);
    ownership_step(&host->ownership);
    expect(host, "stop: this host gives its instances away; release: has not waited", USEC_NEVER);
    ownership_on_released(&host->ownership, 11);
    expect(host, "room; drop: the instance was given away", USEC_NEVER);
}

/* What was told before is not told again. */
static void test_a_refused_record_goes_by_what_was_told_before(void **state)
{
    Host *host = *state;

    owns(host);
    ownership_drain(&host->ownership, "drained");
    ownership_on_owner(&host->ownership, OWNER_SELF, 10, 10);
    expect(host, "stop: drained; release: has waited", USEC_NEVER);
    ownership_on_fenced(&host->ownership);
    expect(host,
           "room; drop: etcd refused a record of it: another host owns the instance; "
           "begin: after handover",
           USEC_NEVER);
    assert_int_equal(host->ownership.token, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_owner_that_is_none_any_more_drops_it),
        TEST(test_the_least_token_is_lost_as_any_other),
        TEST(test_a_lease_that_is_lost_takes_all_along),
        TEST(test_a_record_that_etcd_refuses_drops_it),
        TEST(test_it_is_given_away_once_it_is_quiet),
        TEST(test_one_that_is_wanted_again_is_given_away_first),
        TEST(test_one_that_has_not_waited_says_so),
        TEST(test_a_release_without_an_answer_is_asked_for_again),
        TEST(test_a_release_whose_answer_is_lost_is_told_by_the_watch),
        TEST(test_what_is_won_by_a_drained_host_is_given_away),
        TEST(test_a_campaign_that_arrives_twice_makes_it_own_anew),
        TEST(test_a_campaign_that_arrives_after_the_release_is_given_away_as_well),
        TEST(test_a_refused_record_goes_by_what_was_told_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
