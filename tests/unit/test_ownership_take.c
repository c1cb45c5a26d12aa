/* SPDX-License-Identifier: MIT */
/* How a host takes an instance: when it asks for it, and what it makes of answers. */
#include "tests/unit/ownership_case.h"

static void test_what_is_free_is_asked_for_where_all_allows_it(void **state)
{
    Host *host = *state;
    Ownership *ownership = &host->ownership;

    ownership_on_lease(ownership); /* whose it is is not known */
    expect(host, "", USEC_NEVER);
    ownership_on_owner(ownership, OWNER_OTHER, 1, 5);
    expect(host, "", USEC_NEVER);
    host->is_full = true;
    ownership_on_owner(ownership, OWNER_NOBODY, 2, 0);
    expect(host, "", USEC_NEVER);
    host->is_full = false;
    ownership_drain(ownership, "drained");
    ownership_on_room(ownership);
    expect(host, "", USEC_NEVER);
    ownership_undrain(ownership);
    expect(host, "campaign", USEC_NEVER);
    ownership_on_taken(ownership, OWNER_OTHER, 3, 5);
    host->is_full = true;
    ownership_on_owner(ownership, OWNER_NOBODY, 4, 0);
    expect(host, "room", USEC_NEVER);
    host->is_full = false;
    ownership_on_room(ownership);
    expect(host, "campaign", USEC_NEVER);
    ownership_on_taken(ownership, OWNER_NOBODY, 5, 0); /* gone again by now */
    expect(host, "room; campaign", USEC_NEVER);
    ownership_on_taken(ownership, OWNER_OTHER, 6, 5);
    ownership_drain(ownership, "drained");
    ownership_on_owner(ownership, OWNER_NOBODY, 7, 0);
    expect(host, "room", USEC_NEVER);
    ownership_on_lost(ownership, "lost");
    ownership_undrain(ownership);
    expect(host, "", USEC_NEVER);
    ownership_on_lease(ownership);
    expect(host, "campaign", USEC_NEVER);
    ownership_on_room(ownership); /* it is asked for once */
    ownership_on_owner(ownership, OWNER_NOBODY, 8, 0);
    on_time(host);
    expect(host, "", USEC_NEVER);
}

static void test_what_no_owner_gave_away_is_not_changed_before_handover_is_over(void **state)
{
    Host *host = *state;

    campaigns(host);
    ownership_on_won(&host->ownership, 7, false);
    expect(host, "begin: after handover", USEC_NEVER);
    host->now_usec += HANDOVER - 1;
    assert_false(ownership_allows_changes(&host->ownership));
    host->now_usec += 1;
    assert_true(ownership_allows_changes(&host->ownership));
}

static void test_a_campaign_that_is_lost_is_another_ones(void **state)
{
    Host *host = *state;
    Ownership *ownership = &host->ownership;

    campaigns(host);
    ownership_on_taken(ownership, OWNER_OTHER, 2, 5);
    expect(host, "room", USEC_NEVER);
    ownership_on_owner(ownership, OWNER_NOBODY, 3, 0);
    expect(host, "campaign", USEC_NEVER);
    /* Won at a revision before the one that told of another owner. */
    ownership_on_owner(ownership, OWNER_OTHER, 9, 8);
    ownership_on_won(ownership, 7, true);
    expect(host, "room", USEC_NEVER);
    assert_false(ownership_allows_changes(ownership));
    /* What the campaign found is its own, of a try whose answer is lost. */
    ownership_on_owner(ownership, OWNER_NOBODY, 10, 0);
    expect(host, "campaign", USEC_NEVER);
    ownership_on_taken(ownership, OWNER_SELF, 12, 11);
    expect(host, "room; begin: after handover", USEC_NEVER);
    assert_int_equal(ownership->token, 11);
    assert_false(ownership_allows_changes(ownership));
}

static void test_a_campaign_without_an_answer_is_looked_after(void **state)
{
    static const struct {
        OwnerKind owner;
        const char *done;
    } rows[] = {
        {OWNER_SELF, "begin: after handover"},
        {OWNER_OTHER, "room"},
        {OWNER_NOBODY, "room; campaign"},
    };
    Host *host = *state;
    Ownership *ownership = &host->ownership;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        setup(state);
        campaigns(host);
        ownership_on_unanswered(ownership);
        expect(host, "", OWNERSHIP_RETRY_USEC);
        host->now_usec += OWNERSHIP_RETRY_USEC - 1; /* a timer may come early */
        on_time(host);
        expect(host, "", 1);
        host->now_usec++;
        on_time(host);
        expect(host, "look", USEC_NEVER);
        ownership_on_looked(ownership, rows[i].owner, 9, rows[i].owner == OWNER_SELF ? 8 : 0);
        expect(host, rows[i].done, USEC_NEVER);
        teardown(state);
    }
}

/* The watch may tell of it first. */
static void test_a_campaign_without_an_answer_is_told_by_the_watch(void **state)
{
    Host *host = *state;

    campaigns(host);
    ownership_on_unanswered(&host->ownership);
    ownership_on_owner(&host->ownership, OWNER_SELF, 8, 8);
    expect(host, "begin: after handover", USEC_NEVER);
    assert_int_equal(host->ownership.token, 8);
    /* And where it is another one's, it may be asked for again at once when that is gone. */
    ownership_on_owner(&host->ownership, OWNER_NOBODY, 9, 0);
    expect(host, "room; drop: the instance has no owner any more; campaign", USEC_NEVER);
    ownership_on_unanswered(&host->ownership);
    expect(host, "", OWNERSHIP_RETRY_USEC);
    ownership_on_owner(&host->ownership, OWNER_OTHER, 10, 10);
    expect(host, "room", USEC_NEVER);
    ownership_on_owner(&host->ownership, OWNER_NOBODY, 11, 0);
    expect(host, "campaign", USEC_NEVER);
}

static void test_what_etcd_refuses_is_asked_for_less_and_less_often(void **state)
{
    Host *host = *state;
    Ownership *ownership = &host->ownership;

    campaigns(host);
    for (uint64_t wait_sec = 1; wait_sec <= 16; wait_sec *= 2) {
        ownership_on_unanswered(ownership);
        expect(host, "", wait_sec * USEC_PER_SEC);
        host->now_usec += wait_sec * USEC_PER_SEC;
        on_time(host);
        expect(host, "look", USEC_NEVER);
    }
    ownership_on_unanswered(ownership);
    expect(host, "", OWNERSHIP_RETRY_MAX_USEC);
    /* A lease is a fresh start. */
    ownership_on_lost(ownership, "no lease");
    expect(host, "room; drop: no lease", USEC_NEVER);
    ownership_on_lease(ownership);
    expect(host, "campaign", USEC_NEVER);
    ownership_on_unanswered(ownership);
    expect(host, "", OWNERSHIP_RETRY_USEC);
    /* So is an instance that was had. */
    ownership_on_owner(ownership, OWNER_SELF, 8, 8);
    ownership_drain(ownership, "drained");
    ownership_on_unanswered(ownership);
    assert_int_equal(host->wake_usec, host->now_usec + OWNERSHIP_RETRY_USEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_free_is_asked_for_where_all_allows_it),
        TEST(test_what_no_owner_gave_away_is_not_changed_before_handover_is_over),
        TEST(test_a_campaign_that_is_lost_is_another_ones),
        TEST(test_a_campaign_without_an_answer_is_looked_after),
        TEST(test_a_campaign_without_an_answer_is_told_by_the_watch),
        TEST(test_what_etcd_refuses_is_asked_for_less_and_less_often),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
