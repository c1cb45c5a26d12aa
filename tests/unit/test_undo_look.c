/* SPDX-License-Identifier: MIT */
/* What an undo makes of each kind of change by what a list says of its member: every combination,
 * as a table in words. */
#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "reconcile/apply/undo_look.h"
#include "reconcile/plan/identity.h"
#include "tests/unit/diff_case.h"
#include "tests/unit/story_text.h"

/* A member in words: its weight or "-", "b" or ".", "e" or "d"; "bad" is none. */
static int read_fields(void *context, const char *text, MemberFields *ret_fields)
{
    const char *rest = strpbrk(text, "b.");

    (void)context;
    if (str_equal(text, "bad") || !rest)
        return -EINVAL;
    *ret_fields = (MemberFields){.weight = text[0] == '-' ? OPS_WEIGHT_NONE : atoi(text),
                                 .is_backup = rest[0] == 'b',
                                 .is_enabled = rest[1] == 'e'};
    return ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED |
           (text[0] == '-' ? 0 : ROSTER_MEMBER_WEIGHT);
}

static const Ops ops = {.read_fields = read_fields};

static void put_fields(Buf *buf, const MemberFields *fields)
{
    buf_printf(buf, "%d%s%s", fields->weight, fields->is_backup ? "b" : ".",
               fields->is_enabled ? "e" : "d");
}

/* The member that the list shows; of the id m1 and the identity of the item, if not otherwise. */
typedef struct Live {
    const char *what;
    const char *id;   /* NULL: there is none */
    const char *host; /* NULL: as the item's */
    MemberFields fields;
} Live;

static const Live lives[] = {
    {"absent", NULL, NULL, {0}},
    {"as it was made", "m1", NULL, {9, true, true}},
    {"as it was before", "m1", NULL, {4, false, true}},
    {"of another weight", "m1", NULL, {5, true, true}},
    {"of no weight", "m1", NULL, {OPS_WEIGHT_NONE, true, true}},
    {"no backup", "m1", NULL, {9, false, true}},
    {"disabled", "m1", NULL, {9, true, false}},
    {"of another id", "m2", NULL, {9, true, true}},
    {"another member", "m1", "10.0.0.9", {9, true, true}},
};

typedef struct LookCase {
    const char *what;
    ChangeKind done;
    bool is_decided;
    const char *before, *after;
    int32_t listed_weight;
} LookCase;

static const LookCase cases[] = {
    {"deleted", CHANGE_DELETE, true, "4.e", NULL, OPS_WEIGHT_NONE},
    {"added", CHANGE_ADD, true, NULL, "9be", OPS_WEIGHT_NONE},
    {"added, in doubt", CHANGE_ADD, false, NULL, "9be", OPS_WEIGHT_NONE},
    {"added without a weight, listed with 9", CHANGE_ADD, true, NULL, "-be", 9},
    {"added without a weight", CHANGE_ADD, true, NULL, "-be", OPS_WEIGHT_NONE},
    {"corrected", CHANGE_CORRECT, true, "4.e", "9be", OPS_WEIGHT_NONE},
    {"corrected, in doubt", CHANGE_CORRECT, false, "4.e", "9be", OPS_WEIGHT_NONE},
    {"corrected but for its weight", CHANGE_CORRECT, true, "9.e", "9be", OPS_WEIGHT_NONE},
    {"corrected from no weight", CHANGE_CORRECT, true, "-.e", "9be", OPS_WEIGHT_NONE},
    {"corrected and disabled", CHANGE_CORRECT, true, "9be", "9bd", 3},
    {"corrected to what cannot be read", CHANGE_CORRECT, true, "4.e", "bad", OPS_WEIGHT_NONE},
    {"disabled", CHANGE_DISABLE, true, "9be", NULL, OPS_WEIGHT_NONE},
};

static const ChannelGroup groups[] = {{"blue", 40}, {"green", OPS_WEIGHT_NONE}};
static const ChannelRow row = {.tells_groups = true, .groups = groups, .group_count = 2};

static void put_look(ChannelPass *channel, const Diff *list, const char *group, const LookCase *one,
                     Quarantined *quarantined, Buf *buf)
{
    unsigned char packed[IDENTITY_SIZE_MAX];
    size_t size = (size_t)identity_pack(group, "10.0.0.1", 8080, packed);
    const Extra *found = NULL;
    UndoItem item = {
        .done = one->done,
        .is_decided = one->is_decided,
        .member_id = "m1",
        .identity = packed,
        .identity_size = size,
        .before = one->before,
        .after = one->after,
        .listed_weight = one->listed_weight,
        .reason = "of before",
    };
    Outcome outcome;

    map_clear(&channel->quarantine_ids);
    if (quarantined)
        assert_true(map_put(&channel->quarantine_ids, "m1", 2, quarantined) >= 0);
    assert_int_equal(undo_look_read(channel, &item), 0);
    outcome = undo_look_at(channel, list, &item, &found);
    buf_printf(buf, "%s, %s: fields %u, was ", one->what, ops_outcome_text(outcome), item.states);
    put_fields(buf, &item.was);
    buf_puts(buf, ", made ");
    put_fields(buf, &item.made);
    buf_printf(buf, ", live %s, %s\n", found ? found->id : "-", item.reason[0] ? item.reason : "-");
}

static void look_at_all(const char *group, const Live *live, Buf *buf)
{
    Quarantined ours = {.member_id = "m1", .is_ours = true}, theirs = {.member_id = "m1"};
    DiffCase table = {0};
    ChannelPass channel = {
        .ops = &ops,
    };

    diff_case_open(&table, false);
    table.diff.finds_extras = true;
    if (live->id)
        assert_int_equal(diff_case_add(&table,
                                       (MemberRow){.id = live->id,
                                                   .group = group,
                                                   .host = live->host ? live->host : "10.0.0.1"},
                                       live->fields),
                         0);
    channel.desired = table.desired;
    channel.desired.row = &row;
    buf_printf(buf, "== %s%s%s\n", live->what, group[0] ? ", in " : "", group);
    for (size_t i = 0; i < ELEMENTS(cases); i++)
        put_look(&channel, &table.diff, group, &cases[i], NULL, buf);
    buf_puts(buf, "in quarantine by another's hand: ");
    put_look(&channel, &table.diff, group, &cases[ELEMENTS(cases) - 1], &theirs, buf);
    buf_puts(buf, "in quarantine by ours: ");
    put_look(&channel, &table.diff, group, &cases[ELEMENTS(cases) - 1], &ours, buf);
    map_done(&channel.quarantine_ids);
    diff_case_close(&table);
}

static void what_an_undo_makes_of_each(void **state)
{
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(lives); i++)
        look_at_all("", &lives[i], &buf);
    for (size_t i = 1; i < 4; i++) {
        look_at_all("blue", &lives[i], &buf);
        look_at_all("green", &lives[i], &buf);
    }
    story_text_check("undo_looks", &buf);
}

/* ---- what was done shows ---- */

/* A correction shows where each field that it was sent for is as before, and no other counts. */
static void what_was_put_back_shows(void **state)
{
    static const uint8_t fields[] = {ROSTER_MEMBER_WEIGHT, ROSTER_MEMBER_BACKUP,
                                     ROSTER_MEMBER_ENABLED};

    (void)state;
    for (uint8_t bits = 0; bits < 64; bits++) {
        MemberFields live = {
            .weight = bits & 1 ? 5 : 4, .is_backup = bits & 2, .is_enabled = !(bits & 4)};
        DiffCase table = {0};
        UndoItem item = {.done = CHANGE_CORRECT, .member_id = "m1", .was = {4, false, true}};
        ChannelUndo undo = {&item, 1};
        Sent sent = {0};
        ChannelPass channel = {.ops = &ops, .undo = &undo, .sent = &sent, .change_count = 1};
        unsigned char packed[IDENTITY_SIZE_MAX];
        bool differs = false;

        item.identity_size = (size_t)identity_pack("", "10.0.0.1", 8080, packed);
        item.identity = packed;
        for (size_t i = 0; i < 3; i++) {
            if (bits >> 3 & 1 << i)
                item.states |= fields[i];
            differs = differs || ((bits >> 3) & bits & 1 << i);
        }
        diff_case_open(&table, false);
        table.diff.finds_extras = true;
        channel.confirmed = table.diff;
        assert_null(undo_find_made(&channel, 0));
        assert_int_equal(diff_case_add(&table, (MemberRow){.id = "m1", .host = "10.0.0.1"}, live),
                         0);
        channel.confirmed = table.diff;
        if (differs)
            assert_null(undo_find_made(&channel, 0));
        else
            assert_string_equal(undo_find_made(&channel, 0), "m1");
        item.done = CHANGE_DELETE;
        assert_string_equal(undo_find_made(&channel, 0), "m1");
        item.member_id = "m7";
        assert_string_equal(undo_find_made(&channel, 0), "m1");
        diff_case_close(&table);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_undo_makes_of_each),
        cmocka_unit_test(what_was_put_back_shows),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
