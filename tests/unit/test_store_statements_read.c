/* SPDX-License-Identifier: MIT */
/* The same of calls that read something else than the history. */
#include "tests/unit/read_case.h"

static const StoreScope payments = {KEY, "prod", "c1", "payments"};

/* ---- channels ---- */

static int recall(Store *store, Buf *text, Err *err)
{
    ChannelRecord record = {0};
    int r = store_recall(store, &payments, realtime_now, &record, err);

    for (size_t i = 0; i < record.sighting_count; i++)
        buf_printf(text, "%s seen %u\n", record.sightings[i].member_id, record.sightings[i].count);
    for (size_t i = 0; i < record.change_count; i++) {
        const PastChange *change = &record.changes[i];

        buf_printf(text, "%s", change_kind_text(change->kind));
        show_bytes(text, change->identity, change->identity_size);
        show_time(text, "at", change->realtime_usec);
        buf_printf(text, "\n");
    }
    if (record.is_paused) {
        buf_printf(text, "paused %s %d", record.pause_reason, record.pause_scope);
        show_time(text, "until", record.pause_end_usec);
        buf_printf(text, "\n");
    }
    channel_record_done(&record);
    return r;
}

static int pauses(Store *store, Buf *text, Err *err)
{
    StorePauses found = {0};
    int r = store_pauses(store, realtime_now, &found, err);

    for (size_t i = 0; i < found.count; i++) {
        const StorePause *pause = &found.items[i];

        show_scope(text, &pause->scope);
        buf_printf(text, " %s %u %s %d %d %llu", pause->reason, pause->uid, shown(pause->host),
                   pause->is_local, pause->is_instead, (unsigned long long)pause->number);
        show_time(text, "until", pause->until_usec);
        show_time(text, "made", pause->made_usec);
        buf_printf(text, "\n");
    }
    store_pauses_done(&found);
    return r;
}

static int quarantine_of_channel(Store *store, Buf *text, Err *err)
{
    Quarantine found = {0};
    int r =
        store_quarantine_recall(store, KEY, "c1", 90 * USEC_PER_MINUTE, realtime_now, &found, err);

    for (size_t i = 0; i < found.count && r >= 0; i++) {
        buf_printf(text, "%s %d", found.rows[i].member_id, found.rows[i].is_ours);
        show_time(text, "left", found.rows[i].left_usec);
        show_time(text, "until", found.rows[i].until_usec);
        buf_printf(text, "\n");
    }
    quarantine_done(&found);
    return r;
}

static int quarantine_of_all(Store *store, Buf *text, Err *err)
{
    StoreQuarantine found = {0};
    int r = store_quarantine(store, &found, err);

    for (size_t i = 0; i < found.count; i++) {
        const StoreQuarantined *row = &found.items[i];

        buf_printf(text, "%s|%s|%s|%s %s %d", row->instance_key, row->instance_name,
                   row->channel_id, row->channel_name, row->member_id, row->is_told);
        show_bytes(text, row->identity, row->identity_size);
        buf_printf(text, "\n");
    }
    store_quarantine_done(&found);
    return r;
}

static int samples(Store *store, Buf *text, Err *err)
{
    StoreSamples found = {0};
    int r = store_samples(store, &(StoreSamplesFilter){0}, realtime_now, &found, err);

    for (size_t i = 0; i < found.count; i++) {
        const StoreSample *sample = &found.items[i];

        show_scope(text, &sample->channel);
        show_time(text, "at", sample->time_usec);
        buf_printf(text, " %s %d %d %d %d %d %d %d %d\n", sample->result, sample->is_read,
                   (int)sample->live, (int)sample->extra, (int)sample->missing,
                   (int)sample->changed, (int)sample->ignored, (int)sample->quarantined,
                   (int)sample->desired);
    }
    if (r >= 0)
        buf_printf(text, "cut: %d\n", found.is_cut);
    store_samples_done(&found);
    return r;
}

/* ---- approvals, passwords ---- */

static int approvals(Store *store, Buf *text, Err *err)
{
    static const char *const digests[] = {DIGEST_A, DIGEST_B, DIGEST_C};
    Buf told = {0};
    int r = 0;

    for (size_t i = 0; i < ELEMENTS(digests) && r >= 0; i++) {
        char whole[DIGEST_HEX_SIZE] = "-";

        r = store_is_approved(store, digests[i], realtime_now, NULL, err);
        buf_printf(&told, "%.4s %d", digests[i], r);
        if (r >= 0)
            r = store_mirror_find_whole(store, digests[i], whole, err);
        buf_printf(&told, " %d %.4s\n", r, whole);
    }
    if (r >= 0)
        buf_printf(text, "%s", buf_text(&told));
    buf_done(&told);
    return r;
}

static int lockout(Store *store, Buf *text, Err *err)
{
    Lockout found = {0};
    int r = store_recall_lockout(store, "nobody", &found, err);

    if (r == 0)
        r = store_recall_lockout(store, "ops", &found, err);
    if (r > 0) {
        buf_printf(text, "%s %d \"%s\" \"%s\" \"%s\"", found.mark, found.said.http, found.said.code,
                   found.said.request_id, found.said.text);
        show_time(text, "until", found.until_usec);
        show_time(text, "refused", found.refused_usec);
        buf_printf(text, "\n");
    }
    return r;
}

/* ---- of the writer alone ---- */

static int conditions(Store *store, Buf *text, Err *err)
{
    StoreConditions found = {0};
    int r = store_outbox_conditions(store, "slack a", KEY, &found, err);

    for (size_t i = 0; i < found.count; i++) {
        const StoreCondition *row = &found.items[i];

        buf_printf(text, "%s|%s|%s|%s|%s %d %u", row->kind, row->instance_key, row->channel,
                   row->instance_name, row->channel_name, row->is_open, row->passes);
        show_time(text, "since", row->since_usec);
        show_time(text, "told", row->told_usec);
        buf_printf(text, "\n");
    }
    store_outbox_conditions_done(&found);
    return r;
}

static void show_notices(Buf *text, StoreNotices *notices)
{
    for (size_t i = 0; i < notices->count; i++) {
        const StoreNotice *row = &notices->items[i];

        buf_printf(text, "%d %s|%s|%s|%s|%s|%s", (int)row->number, row->id, row->kind, row->phase,
                   row->instance_name, row->channel_name, shown(row->body));
        show_time(text, "created", row->created_usec);
        buf_printf(text, "\n");
    }
    store_outbox_notices_done(notices);
}

static int first_notice(Store *store, Buf *text, Err *err)
{
    StoreNotices found = {0};
    int r = store_outbox_first(store, "slack a", &found, err);

    show_notices(text, &found);
    return r;
}

static int notices(Store *store, Buf *text, Err *err)
{
    StoreNotices found = {0};
    uint64_t now_usec = store_outbox_now_usec(store);
    size_t all = 0, early = 0;
    int r = store_outbox_count(store, "slack a", now_usec, &all, err);

    if (r >= 0)
        r = store_outbox_count(store, "slack a", 121 * USEC_PER_SEC, &early, err);
    if (r >= 0)
        r = store_outbox_list(store, "slack a", now_usec, &found, err);
    if (r >= 0)
        buf_printf(text, "%d, early %d, now %d\n", (int)all, (int)early,
                   (int)(now_usec / USEC_PER_SEC));
    show_notices(text, &found);
    return r;
}

static int carry(Store *store, Buf *text, Err *err)
{
    StoreCarry found;
    int r = store_carry_take(store, KEY, &found, err);

    for (size_t i = 0; i < found.sighting_count && r >= 0; i++)
        buf_printf(text, "%s %s %u\n", found.sightings[i].channel_id, found.sightings[i].member_id,
                   found.sightings[i].count);
    for (size_t i = 0; i < found.quarantine_count && r >= 0; i++) {
        const CarryQuarantined *row = &found.quarantine[i];

        buf_printf(text, "%s|%s|%s %s %d", row->channel_id, row->channel_name, row->member_id,
                   shown(row->original), row->is_ours);
        show_bytes(text, row->identity, row->identity_size);
        show_time(text, "span", row->span_usec);
        show_time(text, "passed", row->passed_usec);
        buf_printf(text, "\n");
    }
    for (size_t i = 0; i < found.condition_count && r >= 0; i++) {
        const CarryCondition *row = &found.conditions[i];

        buf_printf(text, "%s|%s|%s|%s %d %u", row->notifier, row->kind, row->channel,
                   row->channel_name, row->is_open, row->passes);
        show_time(text, "since", row->since_usec);
        show_time(text, "told_ago", row->told_ago_usec);
        buf_printf(text, "\n");
    }
    if (r >= 0)
        buf_printf(text, "%d %d\n", (int)found.change_count, found.knows_conditions);
    store_carry_done(&found);
    return r;
}

static int owners(Store *store, Buf *text, Err *err)
{
    StoreOwners found = {0};
    int r = store_owners(store, NULL, 0, HERE, &found, err);

    for (size_t i = 0; i < found.count && r >= 0; i++) {
        const StoreOwner *row = &found.items[i];

        buf_printf(text, "%s|%s %s", row->instance_key, row->instance_name, row->host);
        show_time(text, "from", row->from_usec);
        show_time(text, "until", row->until_usec);
        buf_printf(text, "\n");
    }
    store_owners_done(&found);
    return r;
}

/* ---- what they tell ---- */

static const ReadCall calls[] = {
    {"recall", recall, BY_ALL,
     "m1 seen 2\n"
     "add \"i3\" at=NOW+60\n"
     "delete \"i2\" at=NOW+60\n"
     "disable \"i1\" at=NOW+0\n"
     "delete \"i9\" at=NOW-60\n"
     "paused work 0 until=NOW+3600\n"},
    {"pauses", pauses, BY_ALL,
     "https://roma.example p1 i2|other|-|- stop 0 admin-b 0 0 2 until=0 made=NOW-3600\n"
     "https://roma.example p1 i1|prod|c1|payments work 7 admin-a 1 0 1 until=NOW+3600 "
     "made=NOW+120\n"},
    {"quarantine_of_channel", quarantine_of_channel, BY_ALL,
     "m1 1 left=4620 until=NOW+5400\n"
     "m7 0 left=6540 until=NOW+7320\n"},
    {"quarantine_of_all", quarantine_of_all, BY_ALL,
     "https://roma.example p1 i1|prod|c1|payments m1 0 \"i1\"\n"},
    {"samples", samples, BY_ALL,
     "https://roma.example p1 i1|prod|c1|payments at=NOW+120 unmanageable 0 0 0 0 0 0 0 "
     "9\n"
     "https://roma.example p1 i1|prod|c2|two at=NOW+120 held 1 1 2 3 4 5 6 7\n"
     "cut: 0\n"},
    {"approvals", approvals, BY_ALL,
     "aaaa 1 0 -\n"
     "bbbb 1 1 bbbb\n"
     "cccc 0 0 -\n"},
    {"lockout", lockout, BY_ALL,
     "1:2 401 \"IAM.0\" \"r0\" \"wrong\" until=NOW+3600 refused=NOW+0\n"},
    {"conditions", conditions, BY_WRITER,
     "held|https://roma.example p1 i1|n1|prod|payments 1 3 since=NOW+120 told=100\n"
     "held|https://roma.example p1 i1|n2|prod|payments 1 3 since=NOW+180 told=100\n"},
    {"first_notice", first_notice, BY_WRITER, "1 n1|held|begins|prod|payments|{} created=120\n"},
    {"notices", notices, BY_WRITER,
     "2, early 1, now 780\n"
     "1 n1|held|begins|prod|payments|- created=120\n"
     "2 n2|held|begins|prod|payments|- created=180\n"},
    {"carry", carry, BY_WRITER,
     "c1 m1 2\n"
     "c1|payments|m1 {\"a\":1} 1 \"i1\" span=3600 passed=780\n"
     "c1|payments|m7 - 0 \"\" span=7200 passed=660\n"
     "slack a|held|n1|payments 1 3 since=NOW+120 told_ago=680\n"
     "slack a|held|n2|payments 1 3 since=NOW+180 told_ago=680\n"
     "slack b|held|n3|payments 1 3 since=NOW+180 told_ago=680\n"
     "0 1\n"},
    {"owners", owners, BY_ALL, "https://roma.example p1 i1|prod admin-b from=NOW+120 until=0\n"},
};

static void test_calls(void **state)
{
    read_check(state, calls, ELEMENTS(calls));
}

static void test_when_quarantine_is_due(void **state)
{
    Folder *folder = *state;
    Store *store;

    fill(folder);
    store = folder_open(folder);
    assert_int_equal(store_quarantine_due_usec(store, KEY), USEC_PER_HOUR - 13 * USEC_PER_MINUTE);
    assert_true(store_quarantine_due_usec(store, OTHER_KEY) == USEC_NEVER);
    statement_fail_after(0);
    assert_true(store_quarantine_due_usec(store, KEY) == USEC_NEVER);
    statement_stop();
    time_pass(USEC_PER_HOUR); /* of the first, whom nobody waits for any more */
    assert_int_equal(store_quarantine_due_usec(store, KEY), 49 * USEC_PER_MINUTE);
    store_free(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_calls),
        TEST(test_when_quarantine_is_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
