/* SPDX-License-Identifier: MIT */
/* Each allocation of a mirror fails once: what it knows stays as it was, it says so, and it reads
 * all anew before it is current again. Needs the allocator to itself. */
#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/fleet/mirror_internal.h"
#include "tests/unit/etcd_script.h"
#include "tests/unit/failing.h"

#define LIST                                                                                       \
    "kv/range {\"key\":\"/p/\",\"range_end\":\"/p/~\",\"limit\":\"512\",\"revision\":\"0\"}\n"
#define WATCH                                                                                      \
    "watch with a leader {\"create_request\":{\"key\":\"/p/\",\"range_end\":\"/p/~\","             \
    "\"start_revision\":\"6\",\"progress_notify\":true}}\n"

/* ---- what it keeps ---- */

static EtcdKey key_of(const char *name, const char *value)
{
    return (EtcdKey){.key = name, .value = value, .value_size = strlen(value), .changed = 3};
}

static void expect_items(const MirrorItems *items, const char *const *values, size_t count)
{
    assert_int_equal(items->count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(items->items[i]->key.value, values[i]);
}

/* A key that is there keeps its value, and one that is not stays away. */
static void test_an_item_is_put_or_all_is_as_before(void **state)
{
    static const struct {
        const char *name, *value, *after[3];
        size_t count;
    } rows[] = {
        {"b", "2", {"2"}, 1},
        {"a", "1", {"1", "2"}, 2},
        {"c", "3", {"1", "2", "3"}, 3},
        {"b", "22", {"1", "22", "3"}, 3},
    };
    const char *const *before = NULL;
    MirrorItems items = {0};
    size_t count = 0;

    (void)state;
    if (!failing_is_possible())
        skip();
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        EtcdKey key = key_of(rows[i].name, rows[i].value);
        bool did_fail = true;

        for (long index = 0; did_fail; index++) {
            int r;

            failing_after(index);
            r = mirror_items_put(&items, &key);
            did_fail = failing_stop();
            assert_int_equal(r, did_fail ? -ENOMEM : 0);
            if (did_fail)
                expect_items(&items, before, count);
            assert_true(index < 3);
        }
        before = rows[i].after;
        count = rows[i].count;
        expect_items(&items, before, count);
    }
    mirror_items_done(&items);
    assert_null(items.items);
    assert_int_equal(items.count, 0);
}

/* ---- what it says ---- */

static Mirror *mirror;
static bool fails_next; /* whatever is allocated after the next key that is told */

static void on_key(void *userdata, const char *name, const EtcdKey *key, uint64_t revision)
{
    (void)revision;
    etcd_script_say(userdata, "%s is %s", name, key ? key->value : "gone");
    if (fails_next)
        failing_after(0);
    fails_next = false;
}

static void on_change(void *userdata, bool is_anew)
{
    etcd_script_say(userdata, "changed%s", is_anew ? " anew" : "");
}

static void on_state(void *userdata, const char *why)
{
    failing_stop();
    etcd_script_say(userdata, "%s%s", why ? "trouble: " : "well", why ? why : "");
}

static const MirrorOps ops = {.on_key = on_key, .on_change = on_change, .on_state = on_state};

static int setup(void **state)
{
    EtcdScript *script;

    etcd_script_setup(state);
    script = *state;
    fails_next = false;
    assert_int_equal(
        mirror_new(script->event, script->etcd, "/p/", USEC_PER_SEC, &ops, script, &mirror), 0);
    return 0;
}

static int teardown(void **state)
{
    mirror_free(mirror);
    return etcd_script_teardown(state);
}

static void append_key(Buf *text, const char *name, const char *value, uint64_t changed)
{
    _cleanup_(buf_done) Buf key = {0};

    buf_puts(text, etcd_script_key(&key, name, value, 1, changed, 0));
}

static void answer_list(EtcdScript *script, const char *a, const char *b)
{
    _cleanup_(buf_done) Buf body = {0};

    buf_puts(&body, "{\"header\":{\"revision\":\"5\"},\"kvs\":[");
    append_key(&body, "/p/a", a, strcmp(a, "1") == 0 ? 3 : 4);
    buf_puts(&body, ",");
    append_key(&body, "/p/b", b, strcmp(b, "2") == 0 ? 3 : 5);
    buf_puts(&body, "]}");
    etcd_script_answer(script, 200, buf_text(&body));
}

static PeerConnection *open_watch(EtcdScript *script)
{
    PeerConnection *watch = etcd_script_take(script);

    peer_puts(watch, "HTTP/1.1 200 OK\r\n\r\n"
                     "{\"result\":{\"header\":{\"revision\":\"5\"},\"created\":true}}\n");
    return watch;
}

static void assert_due_in(uint64_t before_usec, uint64_t delay_usec)
{
    uint64_t due_usec;

    assert_int_equal(sd_event_source_get_time(mirror->timer, &due_usec), 0);
    assert_in_range(due_usec, before_usec + delay_usec, clock_monotonic_usec() + delay_usec);
    assert_int_equal(sd_event_source_set_time(mirror->timer, 0), 0);
}

/* A change that there is no memory for is not skipped: nothing is current until all is read. */
static void test_a_change_without_memory_has_all_read_anew(void **state)
{
    _cleanup_(buf_done) Buf line = {0};
    EtcdScript *script = *state;
    PeerConnection *watch;
    uint64_t before_usec;

    if (!failing_is_possible())
        skip();
    mirror_begin(mirror);
    etcd_script_expect(script, LIST);
    answer_list(script, "1", "2");
    etcd_script_expect(script, "a is 1\nb is 2\nchanged anew\n" WATCH);
    watch = open_watch(script);
    etcd_script_expect(script, "well\n");
    buf_puts(&line, "{\"result\":{\"header\":{\"revision\":\"9\"},\"events\":[{\"kv\":");
    append_key(&line, "/p/a", "4", 4);
    buf_puts(&line, "},{\"kv\":");
    append_key(&line, "/p/b", "5", 5);
    buf_puts(&line, "}]}}\n");
    fails_next = true;
    before_usec = clock_monotonic_usec();
    peer_puts(watch, buf_text(&line));
    etcd_script_expect(script, "a is 4\ntrouble: out of memory\n");
    assert_false(mirror_is_current(mirror));
    assert_null(mirror->watch);
    assert_string_equal(mirror_find(mirror, "b")->value, "2");
    assert_int_equal(mirror_get_revision(mirror), 5);
    assert_due_in(before_usec, 500 * USEC_PER_MSEC);
    etcd_script_expect(script, LIST);
    assert_false(mirror_is_current(mirror));
    answer_list(script, "4", "5");
    etcd_script_expect(script, "b is 5\nchanged anew\n" WATCH);
    open_watch(script);
    etcd_script_expect(script, "well\n");
    assert_true(mirror_is_current(mirror));
}

/* What cannot be asked for is told, and asked for again. */
static void test_a_list_or_watch_that_cannot_begin_is_tried_again(void **state)
{
    EtcdScript *script = *state;

    if (!failing_is_possible())
        skip();
    for (int is_whole = 0; is_whole < 2; is_whole++) {
        uint64_t before_usec = clock_monotonic_usec();

        mirror->is_whole = is_whole == 1;
        mirror->revision = is_whole ? 5 : 0;
        mirror->failures = 0;
        mirror_begin(mirror);
        assert_int_equal(sd_event_prepare(script->event), 0);
        assert_true(sd_event_wait(script->event, USEC_PER_MINUTE) > 0);
        failing_after(0);
        assert_true(sd_event_dispatch(script->event) > 0);
        failing_stop();
        assert_null(mirror->list);
        assert_null(mirror->watch);
        etcd_script_expect(script, "trouble: out of memory\n");
        assert_int_equal(mirror->failures, 1);
        assert_due_in(before_usec, 500 * USEC_PER_MSEC);
        etcd_script_expect(script, is_whole ? WATCH : LIST);
        if (!is_whole) {
            etcd_script_answer(script, 400, "{\"code\":7,\"message\":\"no\"}");
            etcd_script_expect(script, "trouble: etcd at etcd-0: no\n");
            sd_event_source_set_enabled(mirror->timer, SD_EVENT_OFF);
        }
    }
}

static void test_a_mirror_is_made_whole_or_not(void **state)
{
    EtcdScript *script = *state;
    bool did_fail = true;

    if (!failing_is_possible())
        skip();
    for (long index = 0; did_fail; index++) {
        Mirror *other = NULL;
        int r;

        failing_after(index);
        r = mirror_new(script->event, script->etcd, "/q/", USEC_PER_SEC, &ops, script, &other);
        did_fail = failing_stop();
        assert_int_equal(r, did_fail ? -ENOMEM : 0);
        assert_int_equal(did_fail, other == NULL);
        mirror_free(other);
        assert_true(index < 20);
    }
    etcd_script_expect(script, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_item_is_put_or_all_is_as_before),
        TEST(test_a_change_without_memory_has_all_read_anew),
        TEST(test_a_list_or_watch_that_cannot_begin_is_tried_again),
        TEST(test_a_mirror_is_made_whole_or_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
