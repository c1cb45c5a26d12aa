/* SPDX-License-Identifier: MIT */
/* What a whole list says of changes that earlier passes left undecided, as the state asks it. */
#include "tests/unit/diff_case.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/pass/settling.h"
#include "reconcile/plan/identity.h"

#define ROW(number)                                                                                \
    (MemberRow)                                                                                    \
    {                                                                                              \
        .id = "m" #number, .host = "10.1.0." #number, .port = 8080                                 \
    }

typedef struct SettlingCase {
    DiffCase list;
    ChannelPass channel;
    size_t asked; /* of the state */
    unsigned char identity[IDENTITY_SIZE_MAX];
    size_t identity_size;
} SettlingCase;

/* What the test has the state ask. */
static void (*ask)(SettlingCase *one, const SettleList *list);

static int settle(void *context, const RosterChannel *roster, const char *channel_id,
                  const SettleList *list, Err *err)
{
    SettlingCase *one = context;

    (void)err;
    assert_ptr_equal(roster, &one->list.roster);
    assert_string_equal(channel_id, "c1");
    one->asked++;
    ask(one, list);
    return 0;
}

/* "WEIGHT BACKUP ENABLED", the weight "-" where it is not told. */
static int read_fields(void *context, const char *text, MemberFields *ret_fields)
{
    int backup, enabled;

    (void)context;
    if (text[0] == '?')
        return -EINVAL;
    *ret_fields = (MemberFields){.weight = OPS_WEIGHT_NONE};
    if (text[0] != '-')
        ret_fields->weight = text[0] - '0';
    assert_int_equal(sscanf(text + 1, " %d %d", &backup, &enabled), 2);
    ret_fields->is_backup = backup;
    ret_fields->is_enabled = enabled;
    return ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED |
           (text[0] == '-' ? 0 : ROSTER_MEMBER_WEIGHT);
}

static const Ops ops = {.settle = settle, .read_fields = read_fields};
static const ChannelRow row = {.id = "c1"};

/* A channel whose whole list has two members, the second disabled. */
static void open(SettlingCase *one, MemberFields first)
{
    memset(one, 0, sizeof(*one));
    diff_case_open(&one->list, false);
    assert_int_equal(diff_case_add(&one->list, ROW(1), first), 0);
    assert_int_equal(diff_case_add(&one->list, ROW(2), (MemberFields){.weight = 1}), 0);
    one->channel = (ChannelPass){.ops = &ops,
                                 .context = one,
                                 .roster = &one->list.roster,
                                 .row = &row,
                                 .diff = one->list.diff};
}

static void close(SettlingCase *one)
{
    one->list.diff = one->channel.diff;
    map_done(&one->channel.tried);
    diff_case_close(&one->list);
}

static const void *identity_of(SettlingCase *one, const char *address)
{
    int size = identity_pack("", address, 8080, one->identity);

    assert_true(size > 0);
    one->identity_size = (size_t)size;
    return one->identity;
}

/* ---- deletions ---- */

static void ask_deletions(SettlingCase *one, const SettleList *list)
{
    (void)one;
    assert_int_equal(list->settle_member(list->list, "m1"), SETTLEMENT_LATER);
    assert_int_equal(list->settle_member(list->list, "m9"), SETTLEMENT_GONE);
    assert_int_equal(list->settle_member(list->list, "m2"), SETTLEMENT_LATER);
}

static void ask_deletions_finally(SettlingCase *one, const SettleList *list)
{
    (void)one;
    assert_int_equal(list->settle_member(list->list, "m1"), SETTLEMENT_FAILED);
    assert_int_equal(list->settle_member(list->list, "m9"), SETTLEMENT_GONE);
}

static void test_a_listed_member_may_be_on_its_way_out(void **state)
{
    SettlingCase one;

    (void)state;
    open(&one, (MemberFields){.weight = 1});
    ask = ask_deletions;
    for (size_t i = 1; i <= 2; i++) {
        assert_int_equal(settling_on_list(&one.channel, "c1", false, NULL), 0);
        assert_int_equal(one.asked, i);
        assert_int_equal(one.channel.in_doubt_count, 2);
        assert_int_equal(one.channel.tried.size, 2);
        assert_ptr_equal(map_find(&one.channel.tried, "m1", 2), &one.channel);
        assert_ptr_equal(map_find(&one.channel.tried, "m2", 2), &one.channel);
    }
    ask = ask_deletions_finally;
    assert_int_equal(settling_on_list(&one.channel, "c1", true, NULL), 0);
    assert_int_equal(one.channel.in_doubt_count, 0);
    assert_int_equal(one.channel.tried.size, 2);
    close(&one);
}

static void test_a_dry_run_settles_nothing(void **state)
{
    SettlingCase one;

    (void)state;
    open(&one, (MemberFields){.weight = 1});
    one.channel.dry_run = true;
    one.channel.in_doubt_count = 7;
    assert_int_equal(settling_on_list(&one.channel, "c1", false, NULL), 0);
    assert_int_equal(one.asked, 0);
    assert_int_equal(one.channel.in_doubt_count, 0);
    close(&one);
}

/* ---- additions, corrections, switches ---- */

static void ask_others(SettlingCase *one, const SettleList *list)
{
    const void *identity = identity_of(one, "10.1.0.1");

    assert_string_equal(list->find_listed(list->list, identity, one->identity_size), "m1");
    assert_int_equal(list->look(list->list, "m1"), SWITCH_ENABLED);
    assert_int_equal(list->look(list->list, "m2"), SWITCH_DISABLED);
    assert_int_equal(list->look(list->list, "m9"), SWITCH_ABSENT);
    identity = identity_of(one, "10.1.0.9");
    assert_null(list->find_listed(list->list, identity, one->identity_size));
    assert_null(list->find_corrected(list->list, identity, one->identity_size, "1 0 1", "2 0 1"));
}

static void test_what_is_listed_is_found(void **state)
{
    SettlingCase one;

    (void)state;
    open(&one, (MemberFields){.weight = 2, .is_enabled = true});
    ask = ask_others;
    assert_int_equal(settling_on_list(&one.channel, "c1", false, NULL), 0);
    assert_int_equal(one.asked, 1);
    close(&one);
}

/* A correction as it was sent, and what the list shows. */
typedef struct Correction {
    const char *before, *after;
    MemberFields live;
    bool is_corrected;
} Correction;

static const Correction *correction;

static void ask_correction(SettlingCase *one, const SettleList *list)
{
    const void *identity = identity_of(one, "10.1.0.1");
    const char *id = list->find_corrected(list->list, identity, one->identity_size,
                                          correction->before, correction->after);

    if (!id != !correction->is_corrected)
        fail_msg("%s to %s: %s", correction->before, correction->after, id ? id : "not corrected");
    if (id)
        assert_string_equal(id, "m1");
}

static void test_a_correction_took_effect_where_all_it_changed_is_so(void **state)
{
    static const Correction corrections[] = {
        {"1 0 1", "2 0 1", {2, false, true}, true},
        {"1 0 1", "2 0 1", {1, false, true}, false},
        {"1 0 1", "2 0 1", {OPS_WEIGHT_NONE, false, true}, true},
        {"1 0 1", "- 0 1", {1, false, true}, true}, /* none was sent */
        /* What it left alone may be changed by others. */
        {"1 0 1", "2 0 1", {2, true, false}, true},
        {"1 0 1", "1 1 1", {5, true, false}, true},
        {"1 0 1", "1 1 1", {1, false, true}, false},
        {"1 1 1", "1 0 1", {1, true, true}, false},
        {"1 1 1", "1 0 1", {1, false, true}, true},
        {"1 0 1", "1 0 0", {1, false, false}, true},
        {"1 0 1", "1 0 0", {1, false, true}, false},
        {"1 0 0", "1 0 1", {1, true, true}, true},
        {"1 0 0", "1 0 1", {1, false, false}, false},
        {"1 0 1", "2 1 0", {2, true, false}, true},
        {"1 0 1", "2 1 0", {1, true, false}, false},
        {"1 0 1", "2 1 0", {2, false, false}, false},
        {"1 0 1", "2 1 0", {2, true, true}, false},
        {"?", "2 0 1", {2, false, true}, false},
        {"1 0 1", "?", {1, false, true}, false},
    };
    SettlingCase one;

    (void)state;
    ask = ask_correction;
    for (size_t i = 0; i < ELEMENTS(corrections); i++) {
        correction = &corrections[i];
        open(&one, correction->live);
        assert_int_equal(settling_on_list(&one.channel, "c1", false, NULL), 0);
        assert_int_equal(one.asked, 1);
        close(&one);
    }
}

/* ---- without the channel ---- */

static void ask_absent(SettlingCase *one, const SettleList *list)
{
    const void *identity = identity_of(one, "10.1.0.1");

    assert_int_equal(list->settle_member(list->list, "m1"), SETTLEMENT_ABSENT);
    assert_null(list->find_listed(list->list, identity, one->identity_size));
    assert_null(list->find_corrected(list->list, identity, one->identity_size, "1 0 1", "2 0 1"));
    assert_int_equal(list->look(list->list, "m1"), SWITCH_UNKNOWN);
}

static void test_a_list_without_the_channel_decides_nothing(void **state)
{
    SettlingCase one;

    (void)state;
    open(&one, (MemberFields){.weight = 2, .is_enabled = true});
    one.channel.row = NULL;
    ask = ask_absent;
    assert_int_equal(settling_on_absent(&one.channel, "c1", NULL), 0);
    assert_int_equal(one.asked, 1);
    close(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_listed_member_may_be_on_its_way_out),
        cmocka_unit_test(test_a_dry_run_settles_nothing),
        cmocka_unit_test(test_what_is_listed_is_found),
        cmocka_unit_test(test_a_correction_took_effect_where_all_it_changed_is_so),
        cmocka_unit_test(test_a_list_without_the_channel_decides_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
