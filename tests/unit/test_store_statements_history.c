/* SPDX-License-Identifier: MIT */
/* What each call that reads the history tells, field by field, to its writer and to a Store for
 * reading; and that each statement of it may fail: the call then says so, and tells nothing. */
#include "tests/unit/read_case.h"

#include "daemon/store/newest.h"

static void show_action(Buf *text, const StoreAction *action)
{
    buf_printf(text, "%llu %s %s %s|%s|%s|%s %s", (unsigned long long)action->action, action->pass,
               action->kind, shown(action->instance_key), shown(action->instance_name),
               shown(action->channel_id), shown(action->channel_name), action->member_id);
    show_bytes(text, action->identity, action->identity_size);
    buf_printf(text, " %s %s %s %.4s %s", shown(action->before), shown(action->after),
               shown(action->original), shown(action->digest), shown(action->mode));
    show_time(text, "at", action->recorded_usec);
    show_time(text, "steady", action->recorded_steady_usec);
    buf_printf(text, " %s %d %s %s %u", shown(action->outcome), action->http, shown(action->code),
               shown(action->request_id), action->attempts);
    show_time(text, "decided", action->decided_usec);
    buf_printf(text, " %.4s %.4s %s %d", shown(action->roster_digest), shown(action->roster_head),
               shown(action->undo_of), action->weight);
    show_time(text, "vanished", action->vanished_usec);
    buf_printf(text, "\n");
}

static void show_actions(Buf *text, StoreActions *actions)
{
    for (size_t i = 0; i < actions->count; i++)
        show_action(text, &actions->items[i]);
    store_actions_done(actions);
}

static int history(Store *store, Buf *text, Err *err)
{
    StoreActions actions = {0};
    int r = store_history(store, &(StoreFilter){0}, &actions, err);

    show_actions(text, &actions);
    return r;
}

static int history_page(Store *store, Buf *text, Err *err)
{
    const StoreFilter filter = {.channel = "payments", .after = 1, .limit = 2};
    StoreActions actions = {0};
    uint64_t next = 0;
    int r = store_history_page(store, &filter, &actions, &next, err);

    for (size_t i = 0; i < actions.count; i++)
        buf_printf(text, "%llu ", (unsigned long long)actions.items[i].action);
    store_actions_done(&actions);
    if (r >= 0)
        buf_printf(text, "next %llu\n", (unsigned long long)next);
    return r;
}

static int history_start(Store *store, Buf *text, Err *err)
{
    const StoreFilter filter = {.channel = "c1", .limit = 3};
    uint64_t after = 99, first = 99;
    int r = store_history_start(store, &filter, &after, err);

    if (r >= 0)
        r = store_history_first(store, NOW + 1, &first, err);
    if (r >= 0)
        buf_printf(text, "after %llu, first %llu\n", (unsigned long long)after,
                   (unsigned long long)first);
    return r;
}

static int last_changing(Store *store, Buf *text, Err *err)
{
    char any[STORE_PASS_ID_SIZE], of_channel[STORE_PASS_ID_SIZE];
    int r = store_find_last_changing(store, NULL, NULL, any, err);

    if (r >= 0)
        r = store_find_last_changing(store, "prod", "payments", of_channel, err);
    if (r >= 0)
        buf_printf(text, "%s %s\n", any, of_channel);
    return r;
}

static int undecided(Store *store, Buf *text, Err *err)
{
    StoreActions actions = {0};
    int r = store_undecided(store, KEY, "c1", &actions, err);

    show_actions(text, &actions);
    return r;
}

static void add_newest(void *userdata, uint64_t recorded_usec, const char *kind,
                       const char *outcome)
{
    buf_printf(userdata, "%s %s", kind, shown(outcome));
    show_time(userdata, "at", recorded_usec);
    buf_printf(userdata, "\n");
}

static int newest(Store *store, Buf *text, Err *err)
{
    Buf told = {0};
    int r = store_newest(store, NOW + 1, 2, add_newest, &told, err);

    if (r >= 0)
        buf_printf(text, "%sand more: %d\n", buf_text(&told), r);
    buf_done(&told);
    return r;
}

static bool is_not_listed(const void *list, const char *member_id)
{
    (void)list;
    (void)member_id;
    return false;
}

static void on_vanished(void *userdata, const StoreAction *action)
{
    show_action(userdata, action);
}

static int watch_added(Store *store, Buf *text, Err *err)
{
    return store_watch_added(store, KEY, "c1", is_not_listed, NULL, on_vanished, text, err);
}

static int add_unsettled(void *userdata, const char *channel_id)
{
    buf_printf(userdata, "%s\n", channel_id);
    return 0;
}

static int unsettled(Store *store, Buf *text, Err *err)
{
    Buf told = {0};
    int r = store_unsettled(store, KEY, add_unsettled, &told, err);

    if (r >= 0)
        buf_printf(text, "%s", buf_text(&told));
    buf_done(&told);
    return r;
}

static int troubles(Store *store, Buf *text, Err *err)
{
    Buf told = {0};
    int r = store_newest_troubles(store, NOW, 10, add_newest, &told, err);

    if (r >= 0)
        buf_printf(text, "%s%d\n", buf_text(&told), r);
    buf_done(&told);
    return r;
}

static int begin_pass(Store *store, Buf *text, Err *err)
{
    char id[STORE_PASS_ID_SIZE] = "";
    int r = store_begin_pass(store, realtime_now, id, err);

    buf_printf(text, "%.20s", id); /* its number counts on */
    if (r >= 0)
        buf_printf(text, "\n");
    return r;
}

/* ---- what they tell ---- */

static const ReadCall calls[] = {
    {"history", history, BY_ALL,
     "1 2026-11-24T15:04:05Z-1 disable https://roma.example p1 i1|prod|c1|payments m1 "
     "\"i1\" {\"a\":1} - - aaaa prune at=NOW+0 steady=0 disabled 200 APIG.9 r1 2 "
     "decided=NOW+0 aaaa bbbb - -1 vanished=0\n"
     "2 2026-11-24T15:05:05Z-1 delete https://roma.example p1 i1|prod|c1|payments m2 "
     "\"i2\" {\"a\":2} - - aaaa prune at=NOW+60 steady=60 - 0 - - 0 decided=0 aaaa bbbb "
     "- -1 vanished=0\n"
     "3 2026-11-24T15:05:05Z-1 add https://roma.example p1 i1|prod|c1|payments  \"i3\" - "
     "{\"a\":3} - aaaa prune at=NOW+60 steady=60 - 0 - - 0 decided=0 aaaa bbbb - -1 "
     "vanished=0\n"
     "4 2026-11-24T15:06:05Z-1 add https://roma.example p1 i1|prod|c1|payments m5 \"i5\" "
     "- {\"a\":5} - aaaa prune at=NOW+120 steady=120 added 200 APIG.9 r1 1 "
     "decided=NOW+120 aaaa bbbb 2026-11-24T15:06:05Z-1 9 vanished=0\n"},
    {"history_page", history_page, BY_ALL, "2 3 next 3\n"},
    {"history_start", history_start, BY_ALL, "after 1, first 2\n"},
    {"last_changing", last_changing, BY_ALL, "2026-11-24T15:05:05Z-1 2026-11-24T15:05:05Z-1\n"},
    {"undecided", undecided, BY_ALL,
     "2 2026-11-24T15:05:05Z-1 delete https://roma.example p1 i1|prod|c1|payments m2 "
     "\"i2\" {\"a\":2} - - aaaa prune at=NOW+60 steady=60 - 0 - - 0 decided=0 aaaa bbbb "
     "- -1 vanished=0\n"},
    {"newest", newest, BY_ALL,
     "add added at=NOW+120\n"
     "add - at=NOW+60\n"
     "and more: 1\n"},
    {"unsettled", unsettled, BY_WRITER, "c1\n"},
    {"troubles", troubles, BY_ALL,
     "channel held at=NOW+120\n"
     "channel unmanageable at=NOW+120\n"
     "0\n"},
    {"begin_pass", begin_pass, BY_ALL, "2026-11-24T15:17:05Z\n"},
    {"watch_added", watch_added, BY_WRITER_ONCE,
     "4 2026-11-24T15:06:05Z-1 add https://roma.example p1 i1|prod|c1|payments m5 \"i5\" "
     "- {\"a\":5} - aaaa prune at=NOW+120 steady=120 added 200 APIG.9 r1 1 "
     "decided=NOW+120 aaaa bbbb 2026-11-24T15:06:05Z-1 9 vanished=0\n"},
};

static void test_calls(void **state)
{
    read_check(state, calls, ELEMENTS(calls));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
