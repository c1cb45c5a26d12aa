/* SPDX-License-Identifier: MIT */
/* What a mirror tells of each answer of etcd's, and what it asks next, and when. */
#include <stdio.h>
#include <string.h>

#include "daemon/fleet/keys.h"
#include "daemon/fleet/mirror_internal.h"
#include "tests/unit/etcd_script.h"

#define PATIENCE_USEC (7 * USEC_PER_SEC)

/* ---- a mirror that says what it is told ---- */

static Mirror *mirror;
static PeerConnection *watching; /* of its watch */

static void on_key(void *userdata, const char *name, const EtcdKey *key, uint64_t revision)
{
    if (key)
        etcd_script_say(userdata, "%s is %s at %llu", name, key->value,
                        (unsigned long long)revision);
    else
        etcd_script_say(userdata, "%s is gone at %llu", name, (unsigned long long)revision);
}

static void on_change(void *userdata, bool is_anew)
{
    etcd_script_say(userdata, "changed%s, %s by %llu", is_anew ? " anew" : "",
                    mirror_is_current(mirror) ? "current" : "old",
                    (unsigned long long)mirror_get_revision(mirror));
}

static void on_state(void *userdata, const char *why)
{
    etcd_script_say(userdata, "%s%s, %s", why ? "trouble: " : "well", why ? why : "",
                    mirror_is_current(mirror) ? "current" : "old");
}

static const MirrorOps ops = {.on_key = on_key, .on_change = on_change, .on_state = on_state};

static int setup(void **state)
{
    EtcdScript *script;

    etcd_script_setup(state);
    script = *state;
    assert_int_equal(
        mirror_new(script->event, script->etcd, "/p/", PATIENCE_USEC, &ops, script, &mirror), 0);
    return 0;
}

static int teardown(void **state)
{
    mirror_free(mirror);
    return etcd_script_teardown(state);
}

/* ---- what it is answered ---- */

#define LIST                                                                                       \
    "kv/range {\"key\":\"/p/\",\"range_end\":\"/p/~\",\"limit\":\"512\",\"revision\":\"0\"}\n"
#define WATCH(revision)                                                                            \
    "watch with a leader {\"create_request\":{\"key\":\"/p/\",\"range_end\":\"/p/~\","             \
    "\"start_revision\":\"" revision "\",\"progress_notify\":true}}\n"

/* Keys, each as name, value and revision of its last change. */
typedef struct Row {
    const char *name, *value; /* NULL: it is deleted */
    uint64_t changed;
} Row;

static void append_rows(Buf *text, const Row *rows, size_t count, bool are_events)
{
    for (size_t i = 0; i < count; i++) {
        _cleanup_(buf_done) Buf key = {0};

        etcd_script_key(&key, rows[i].name, rows[i].value ? rows[i].value : "", 1, rows[i].changed,
                        0);
        buf_puts(text, i > 0 ? "," : "");
        if (are_events)
            buf_printf(text, "{\"type\":\"%s\",\"kv\":%s}", rows[i].value ? "PUT" : "DELETE",
                       buf_text(&key));
        else
            buf_puts(text, buf_text(&key));
    }
}

static void answer_list(EtcdScript *script, uint64_t revision, const Row *rows, size_t count)
{
    _cleanup_(buf_done) Buf body = {0};

    buf_printf(&body, "{\"header\":{\"revision\":\"%llu\"},\"kvs\":[",
               (unsigned long long)revision);
    append_rows(&body, rows, count, false);
    buf_puts(&body, "]}");
    etcd_script_answer(script, 200, buf_text(&body));
}

static void open_watch(EtcdScript *script)
{
    watching = etcd_script_take(script);
    peer_puts(watching, "HTTP/1.1 200 OK\r\n\r\n"
                        "{\"result\":{\"header\":{\"revision\":\"90\"},\"created\":true}}\n");
}

static void tell(const Row *rows, size_t count)
{
    _cleanup_(buf_done) Buf line = {0};

    buf_puts(&line, "{\"result\":{\"header\":{\"revision\":\"90\"},\"events\":[");
    append_rows(&line, rows, count, true);
    buf_puts(&line, "]}}\n");
    peer_puts(watching, buf_text(&line));
}

/* One that has read three keys in revision 9, and watches. */
static EtcdScript *given(void **state)
{
    static const Row rows[] = {{"/p/a", "1", 3}, {"/p/b/x", "2", 8}, {"/p/b/y", "3", 9}};
    EtcdScript *script = *state;

    mirror_begin(mirror);
    etcd_script_expect(script, LIST);
    answer_list(script, 9, rows, ELEMENTS(rows));
    etcd_script_expect(script, "a is 1 at 9\nb/x is 2 at 9\nb/y is 3 at 9\n"
                               "changed anew, old by 9\n" WATCH("10"));
    open_watch(script);
    etcd_script_expect(script, "well, current\n");
    return script;
}

/* Its next try comes after so much time, and then at once. */
static void assert_due_in(uint64_t before_usec, uint64_t delay_usec)
{
    uint64_t due_usec;

    assert_int_equal(sd_event_source_get_time(mirror->timer, &due_usec), 0);
    assert_in_range(due_usec, before_usec + delay_usec, clock_monotonic_usec() + delay_usec);
    assert_int_equal(sd_event_source_set_time(mirror->timer, 0), 0);
}

/* ---- what it knows ---- */

static void test_what_is_there_and_what_changes_is_told(void **state)
{
    static const Row changes[] = {{"/p/a", "4", 10}, {"/p/b/x", NULL, 10}, {"/p/c", NULL, 11}};
    EtcdScript *script = given(state);
    size_t position = 0;

    assert_string_equal(mirror_find(mirror, "b/x")->value, "2");
    assert_int_equal(mirror_find(mirror, "b/x")->changed, 8);
    assert_string_equal(mirror_name(mirror, mirror_find(mirror, "b/x")), "b/x");
    assert_null(mirror_find(mirror, "b"));
    assert_string_equal(mirror_name(mirror, mirror_next(mirror, "b/", &position)), "b/x");
    assert_string_equal(mirror_name(mirror, mirror_next(mirror, "b/", &position)), "b/y");
    assert_null(mirror_next(mirror, "b/", &position));
    tell(changes, ELEMENTS(changes));
    etcd_script_expect(script, "a is 4 at 10\nb/x is gone at 10\nchanged, current by 11\n");
    assert_null(mirror_find(mirror, "b/x"));
    assert_string_equal(mirror_find(mirror, "a")->value, "4");
    /* That it is alive is no change, and nothing takes back what is known. */
    peer_puts(watching, "{\"result\":{\"header\":{\"revision\":\"15\"}}}\n"
                        "{\"result\":{\"header\":{\"revision\":\"14\"}}}\n");
    etcd_script_expect(script, "");
    assert_int_equal(mirror_get_revision(mirror), 15);
}

static void test_the_longest_name(void **state)
{
    EtcdScript *script = given(state);
    char name[2 * KEYS_NAME_SIZE], key[2 * KEYS_NAME_SIZE + 3];
    const Row change = {key, "long", 10};

    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 4] = '\0'; /* with the prefix: all of the room but for the NUL */
    snprintf(key, sizeof(key), "/p/%s", name);
    tell(&change, 1);
    while (mirror_get_revision(mirror) < 10)
        assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
    assert_string_equal(mirror_find(mirror, name)->value, "long");
    name[sizeof(name) - 4] = 'n';
    name[sizeof(name) - 3] = '\0';
    assert_null(mirror_find(mirror, name));
}

/* ---- troubles ---- */

/* What was told goes on from there at once; a second failure in a row is told and waits. */
static void test_a_watch_that_ends_goes_on_from_there(void **state)
{
    static const Row change = {"/p/a", "4", 12};
    EtcdScript *script = given(state);
    uint64_t before_usec;

    tell(&change, 1);
    etcd_script_expect(script, "a is 4 at 12\nchanged, current by 12\n");
    peer_close(watching);
    etcd_script_expect(script, WATCH("13"));
    assert_false(mirror_is_current(mirror));
    open_watch(script);
    etcd_script_expect(script, "");
    assert_true(mirror_is_current(mirror));
    before_usec = clock_monotonic_usec();
    peer_close(watching);
    etcd_script_expect(script, "trouble: etcd at etcd-0: HTTP 200 to a watch, old\n");
    assert_due_in(before_usec, USEC_PER_SEC);
    /* What is known still counts. */
    etcd_script_expect(script, WATCH("13"));
    assert_string_equal(mirror_find(mirror, "a")->value, "4");
    before_usec = clock_monotonic_usec();
    etcd_script_answer(script, 503, "");
    etcd_script_expect(script, "trouble: etcd at etcd-0: HTTP 503 to a watch, old\n");
    assert_due_in(before_usec, 2 * USEC_PER_SEC);
    etcd_script_expect(script, LIST); /* again and again: all is read anew */
}

/* Each failure in a row doubles the wait, up to a bound, until something is told. */
static void test_it_waits_longer_each_time(void **state)
{
    static const uint64_t waits_msec[] = {500, 1000, 2000, 4000, 8000, 8000, 8000};
    static const Row change = {"/p/a", "4", 5};
    EtcdScript *script = *state;
    uint64_t before_usec = 0;

    mirror_begin(mirror);
    for (size_t i = 0; i < ELEMENTS(waits_msec); i++) {
        etcd_script_expect(script, LIST);
        before_usec = clock_monotonic_usec();
        etcd_script_answer(script, 400, "{\"code\":7,\"message\":\"no\"}");
        etcd_script_expect(script, "trouble: etcd at etcd-0: no, old\n");
        assert_due_in(before_usec, waits_msec[i] * USEC_PER_MSEC);
        assert_int_equal(mirror_get_revision(mirror), 0);
    }
    etcd_script_expect(script, LIST);
    answer_list(script, 4, NULL, 0);
    etcd_script_expect(script, "changed anew, old by 4\n" WATCH("5"));
    open_watch(script);
    etcd_script_expect(script, "well, current\n");
    assert_int_equal(mirror->failures, ELEMENTS(waits_msec)); /* it has told nothing yet */
    tell(&change, 1);
    etcd_script_expect(script, "a is 4 at 5\nchanged, current by 5\n");
    peer_close(watching);
    etcd_script_expect(script, WATCH("6"));
}

/* One that has lived long has done so whatever it began with. */
static void test_a_long_life_forgives_failures(void **state)
{
    EtcdScript *script = given(state);

    mirror->failures = 5;
    mirror->began_usec = clock_monotonic_usec() - 10 * USEC_PER_SEC;
    peer_close(watching);
    etcd_script_expect(script, WATCH("10"));
    open_watch(script);
    etcd_script_expect(script, "");
    mirror->failures = 2;
    mirror->began_usec = clock_monotonic_usec();
    peer_close(watching);
    etcd_script_expect(script, "trouble: etcd at etcd-0: HTTP 200 to a watch, old\n");
    assert_false(mirror->is_whole);
}

/* What etcd has forgotten is read anew, and what is otherwise is told. */
static void test_what_is_read_anew_is_told_where_it_differs(void **state)
{
    static const Row rows[] = {
        {"/p/0", "new", 10}, {"/p/b/x", "2", 8}, {"/p/b/y", "5", 11}, {"/p/c", "6", 12}};
    EtcdScript *script = given(state);

    peer_puts(watching, "{\"result\":{\"canceled\":true,\"compact_revision\":\"9\"}}\n");
    etcd_script_expect(script, LIST);
    assert_false(mirror_is_current(mirror));
    answer_list(script, 20, rows, ELEMENTS(rows));
    etcd_script_expect(script, "0 is new at 20\na is gone at 20\nb/y is 5 at 20\nc is 6 at 20\n"
                               "changed anew, old by 20\n" WATCH("21"));
    open_watch(script);
    etcd_script_expect(script, "");
    assert_true(mirror_is_current(mirror));
}

/* ---- what others know ---- */

static void test_a_watch_that_is_behind_for_long_is_replaced(void **state)
{
    EtcdScript *script = given(state);

    mirror_compare(mirror, 9);
    assert_int_equal(mirror->behind_usec, 0);
    mirror_compare(mirror, 10);
    assert_in_range(mirror->behind_usec, clock_monotonic_usec() - USEC_PER_MINUTE,
                    clock_monotonic_usec());
    mirror->behind_usec = clock_monotonic_usec() - PATIENCE_USEC + USEC_PER_SEC;
    mirror_compare(mirror, 11);
    etcd_script_expect(script, "");
    mirror_compare(mirror, 9); /* it has caught up */
    assert_int_equal(mirror->behind_usec, 0);
    mirror_compare(mirror, 10);
    mirror->behind_usec -= PATIENCE_USEC;
    mirror_compare(mirror, 10);
    assert_false(mirror_is_current(mirror));
    etcd_script_expect(script, WATCH("10"));
    assert_int_equal(mirror->behind_usec, 0);
    open_watch(script);
    etcd_script_expect(script, "");
    assert_true(mirror_is_current(mirror));
}

/* It goes where calls are answered. */
static void test_it_follows_the_endpoint_of_calls(void **state)
{
    EtcdScript *script = *state;

    script->settings.endpoint_count = 2;
    given(state);
    etcd_script_begin(script, "kv/txn", "{}");
    etcd_script_answer(script, 503, "");
    etcd_script_expect(script, "kv/txn {}\nkv/txn {}\n");
    etcd_script_answer(script, 200, "{}");
    etcd_script_expect(script, "answered 0 {}\n");
    mirror_compare(mirror, 9);
    etcd_script_expect(script, WATCH("10"));
    assert_int_equal(peer_requests(script->peers[1]), 2);
    mirror_compare(mirror, 9);
    etcd_script_expect(script, "");
}

static void test_nothing_is_renewed_without_a_watch(void **state)
{
    EtcdScript *script = *state;

    mirror_renew(mirror);
    mirror_compare(mirror, 5);
    etcd_script_expect(script, "");
    mirror_begin(mirror);
    etcd_script_expect(script, LIST);
    mirror_renew(mirror);
    mirror_compare(mirror, 5);
    etcd_script_expect(script, "");
    assert_int_equal(mirror->behind_usec, 0);
    answer_list(script, 4, NULL, 0);
    etcd_script_expect(script, "changed anew, old by 4\n" WATCH("5"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_is_there_and_what_changes_is_told),
        TEST(test_the_longest_name),
        TEST(test_a_watch_that_ends_goes_on_from_there),
        TEST(test_it_waits_longer_each_time),
        TEST(test_a_long_life_forgives_failures),
        TEST(test_what_is_read_anew_is_told_where_it_differs),
        TEST(test_a_watch_that_is_behind_for_long_is_replaced),
        TEST(test_it_follows_the_endpoint_of_calls),
        TEST(test_nothing_is_renewed_without_a_watch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
