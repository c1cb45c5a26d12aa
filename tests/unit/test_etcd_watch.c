/* SPDX-License-Identifier: MIT */
/* What a watch tells of each line, and how it ends; and what is read in pages. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/fleet/etcd_list.h"
#include "daemon/fleet/etcd_watch.h"
#include "tests/unit/etcd_script.h"

/* ---- a watch ---- */

typedef struct Watching {
    EtcdScript *script;
    EtcdWatch *watch;
    PeerConnection *connection;
    bool frees; /* the watch when it is told something */
    size_t ends;
} Watching;

static void on_events(void *userdata, const EtcdEvent *events, size_t count, uint64_t revision)
{
    Watching *watching = userdata;

    etcd_script_say(watching->script, "events up to %llu", (unsigned long long)revision);
    for (size_t i = 0; i < count; i++) {
        const EtcdKey *key = &events[i].key;

        etcd_script_say(watching->script, "%s %s '%s' %llu %llu %lld",
                        events[i].is_delete ? "delete" : "put", key->key, key->value,
                        (unsigned long long)key->created, (unsigned long long)key->changed,
                        (long long)key->lease);
    }
    if (watching->frees) {
        etcd_watch_free(watching->watch);
        watching->watch = NULL;
    }
}

static void on_end(void *userdata, bool is_forgotten, const char *why)
{
    Watching *watching = userdata;

    watching->ends++;
    etcd_script_say(watching->script, "end%s: %s", is_forgotten ? " forgotten" : "", why);
    etcd_watch_free(watching->watch);
    watching->watch = NULL;
}

static const EtcdWatchOps watch_ops = {.on_events = on_events, .on_end = on_end};

#define ASKED                                                                                      \
    "watch with a leader {\"create_request\":{\"key\":\"/a\",\"range_end\":\"/~\","                \
    "\"start_revision\":\"7\",\"progress_notify\":true}}\n"

/* A watch that was asked for, and has no answer yet. */
static void watch_begin(Watching *watching, EtcdScript *script, size_t endpoint)
{
    *watching = (Watching){.script = script};
    assert_int_equal(etcd_watch_new(script->etcd, endpoint, "/a", "/~", 7, USEC_PER_HOUR,
                                    &watch_ops, watching, &watching->watch),
                     0);
    etcd_script_expect(script, ASKED);
    watching->connection = etcd_script_take(script);
}

static void watch_open(Watching *watching, EtcdScript *script)
{
    watch_begin(watching, script, 0);
    peer_puts(watching->connection, "HTTP/1.1 200 OK\r\n\r\n");
}

static void watch_close(Watching *watching)
{
    etcd_watch_free(watching->watch);
    etcd_script_expect(watching->script, "");
    peer_close(watching->connection);
}

static void test_each_line_is_told(void **state)
{
    static const struct {
        const char *line, *says;
    } rows[] = {
        {"{\"result\":{\"header\":{\"revision\":\"9\"},\"created\":true}}", "events up to 0\n"},
        {"{\"result\":{\"header\":{\"revision\":\"9\"}}}", "events up to 9\n"},
        {"{\"result\":{\"header\":{\"revision\":9},\"canceled\":false,\"created\":false}}",
         "events up to 9\n"},
        {"{\"result\":{\"header\":{\"revision\":\"9\"},\"events\":["
         "{\"kv\":{\"key\":\"YQ==\",\"value\":\"Yg==\",\"create_revision\":\"3\","
         "\"mod_revision\":\"8\",\"lease\":\"5\"}},"
         "{\"type\":\"PUT\",\"kv\":{\"key\":\"Yw==\",\"mod_revision\":\"8\"}},"
         "{\"type\":\"DELETE\",\"kv\":{\"key\":\"ZA==\",\"mod_revision\":\"7\"}}]}}",
         "events up to 7\nput a 'b' 3 8 5\nput c '' 0 8 0\ndelete d '' 0 7 0\n"},
        {"{\"result\":{\"header\":{\"revision\":\"9\"},\"created\":true,\"events\":["
         "{\"kv\":{\"key\":\"YQ==\",\"mod_revision\":\"8\"}}]}}",
         "events up to 8\nput a '' 0 8 0\n"},
        {"{\"result\":{}}", "end: etcd at etcd-0: etcd tells events without a revision\n"},
        {"{\"result\":{\"header\":{\"revision\":\"x\"}}}",
         "end: etcd at etcd-0: etcd tells events without a revision\n"},
        {"{\"result\":{\"header\":{\"revision\":\"9\"},\"events\":[{\"kv\":{\"key\":\"YQ==\"}}]}}",
         "end: etcd at etcd-0: etcd tells events without a revision\n"},
        {"{\"result\":{\"header\":{\"revision\":\"9\"},\"events\":[{\"type\":\"MOVE\",\"kv\":"
         "{\"key\":\"YQ==\",\"mod_revision\":\"8\"}}]}}",
         "end: etcd at etcd-0: etcd tells an event of an unknown type: MOVE\n"},
        {"{\"result\":{\"header\":{\"revision\":\"9\"},\"events\":[{},{\"kv\":{\"key\":\"YQ==\","
         "\"mod_revision\":\"8\"}}]}}",
         "end: etcd at etcd-0: etcd answered a key: should be an object, is null\n"},
        {"{\"result\":{\"canceled\":true,\"compact_revision\":\"4\",\"cancel_reason\":\"r\"}}",
         "end forgotten: etcd at etcd-0: it has forgotten the changes since the last that were "
         "told\n"},
        {"{\"result\":{\"canceled\":true,\"compact_revision\":\"1\"}}",
         "end forgotten: etcd at etcd-0: it has forgotten the changes since the last that were "
         "told\n"},
        {"{\"result\":{\"canceled\":true,\"compact_revision\":\"0\",\"cancel_reason\":\"no\"}}",
         "end: etcd at etcd-0: no\n"},
        {"{\"result\":{\"canceled\":true,\"compact_revision\":true,\"cancel_reason\":\"no\"}}",
         "end: etcd at etcd-0: no\n"},
        {"{\"error\":{\"grpc_code\":14,\"message\":\"no leader\"}}",
         "end: etcd at etcd-0: no leader\n"},
        {"{\"result\":[]}", "end: etcd at etcd-0: \n"},
    };
    EtcdScript *script = *state;
    Watching watching;

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        watch_open(&watching, script);
        peer_puts(watching.connection, rows[i].line);
        etcd_script_expect(script, ""); /* a line that is not whole */
        peer_puts(watching.connection, "\n");
        etcd_script_expect(script, rows[i].says);
        watch_close(&watching);
    }
}

static void test_lines_are_told_in_their_order_until_one_ends_it(void **state)
{
    EtcdScript *script = *state;
    Watching watching;

    watch_open(&watching, script);
    peer_puts(watching.connection, "{\"result\":{\"header\":{\"revision\":\"7\"}}}\n"
                                   "{\"result\":{\"header\":{\"revision\":\"8\"}}}\n{\"result\":");
    etcd_script_expect(script, "events up to 7\nevents up to 8\n");
    peer_puts(watching.connection,
              "{\"header\":{\"revision\":\"9\"}}}\n"
              "{\"result\":{}}\n{\"result\":{\"header\":{\"revision\":\"10\"}}}"
              "\n");
    etcd_script_expect(script, "events up to 9\n"
                               "end: etcd at etcd-0: etcd tells events without a revision\n");
    watch_close(&watching);
    watch_open(&watching, script);
    peer_puts(watching.connection, "what\n");
    while (watching.ends == 0)
        assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
    assert_true(str_has_prefix(buf_text(&script->said), "end: etcd at etcd-0: "));
    buf_reset(&script->said);
    watch_close(&watching);
}

/* What came before the end is told before it. */
static void test_the_end_of_an_answer_ends_a_watch(void **state)
{
    EtcdScript *script = *state;
    Watching watching;

    script->settings.endpoint_count = 2;
    watch_begin(&watching, script, 3); /* of two: the second one */
    assert_int_equal(peer_requests(script->peers[1]), 1);
    peer_answer(watching.connection, 200, "", "{\"result\":{\"header\":{\"revision\":\"7\"}}}\n");
    etcd_script_expect(script, "events up to 7\nend: etcd at etcd-1: HTTP 200 to a watch\n");
    watch_close(&watching);
    watch_begin(&watching, script, 0);
    peer_answer(watching.connection, 503, "", "{\"error\":1}");
    etcd_script_expect(script, "end: etcd at etcd-0: HTTP 503 to a watch\n");
    watch_close(&watching);
    watch_begin(&watching, script, 0);
    peer_reset(watching.connection);
    while (watching.ends == 0)
        assert_true(sd_event_run(script->event, USEC_PER_SEC) >= 0);
    assert_true(str_has_prefix(buf_text(&script->said), "end: etcd at etcd-0: "));
    assert_null(strstr(buf_text(&script->said), "HTTP"));
    buf_reset(&script->said);
    watch_close(&watching);
}

static void test_whoever_is_told_may_end_it(void **state)
{
    EtcdScript *script = *state;
    Watching watching;

    watch_open(&watching, script);
    watching.frees = true;
    peer_puts(watching.connection, "{\"result\":{\"header\":{\"revision\":\"7\"}}}\n"
                                   "{\"result\":{\"header\":{\"revision\":\"8\"}}}\n");
    etcd_script_expect(script, "events up to 7\n");
    assert_null(watching.watch);
    peer_close(watching.connection);
}

/* ---- a list ---- */

typedef struct Listing {
    EtcdScript *script;
    EtcdList *list;
    int r; /* of on_keys() */
} Listing;

static int on_keys(void *userdata, const EtcdFound *found)
{
    Listing *listing = userdata;

    for (size_t i = 0; i < found->count; i++)
        etcd_script_say(listing->script, "%s=%s", found->keys[i].key, found->keys[i].value);
    return listing->r;
}

static void on_listed(void *userdata, EtcdResult result, uint64_t revision, const char *message)
{
    static const char *const results[] = {"answered", "refused", "unanswered"};
    Listing *listing = userdata;

    etcd_script_say(listing->script, "%s at %llu %s", results[result], (unsigned long long)revision,
                    message);
    etcd_list_free(listing->list);
    listing->list = NULL;
}

static const EtcdListOps list_ops = {.on_keys = on_keys, .on_end = on_listed};

static void list_begin(Listing *listing, EtcdScript *script)
{
    *listing = (Listing){.script = script};
    assert_int_equal(etcd_list_new(script->etcd, "/a", "/~", 20 * USEC_PER_SEC, &list_ops, listing,
                                   &listing->list),
                     0);
}

#define RANGE(from, limit, revision)                                                               \
    "kv/range {\"key\":\"" from "\",\"range_end\":\"/~\",\"limit\":\"" limit                       \
    "\",\"revision\":\"" revision "\"}\n"

/* All as of the revision of the first page. */
static void test_pages_are_read_one_after_the_other(void **state)
{
    EtcdScript *script = *state;
    Listing listing;

    list_begin(&listing, script);
    etcd_script_expect(script, RANGE("/a", "512", "0"));
    etcd_script_answer(script, 200,
                       "{\"header\":{\"revision\":\"9\"},\"more\":true,\"kvs\":["
                       "{\"key\":\"L2E=\",\"value\":\"MQ==\"},{\"key\":\"L2I=\"}]}");
    etcd_script_expect(script, "/a=1\n/b=\n" RANGE("/b\x01", "512", "9"));
    etcd_script_answer(script, 200,
                       "{\"header\":{\"revision\":\"12\"},\"more\":true,\"kvs\":["
                       "{\"key\":\"L2M=\"}]}");
    etcd_script_expect(script, "/c=\n" RANGE("/c\x01", "512", "9"));
    etcd_script_answer(script, 200, "{\"header\":{\"revision\":\"13\"}}");
    etcd_script_expect(script, "answered at 9 \n");
    assert_null(listing.list);
}

static void test_a_page_that_is_too_big_is_asked_for_in_parts(void **state)
{
    static const char *const limits[] = {"512", "64", "8", "1"};
    static const char too_big[] = "{\"code\":8,\"message\":\"too big\"}";
    EtcdScript *script = *state;
    Listing listing;
    char lines[256];

    list_begin(&listing, script);
    for (size_t i = 0; i < ELEMENTS(limits); i++) {
        snprintf(lines, sizeof(lines), RANGE("/a", "%s", "0"), limits[i]);
        etcd_script_expect(script, lines);
        etcd_script_answer(script, 400, too_big);
    }
    etcd_script_expect(script, "refused at 0 etcd at etcd-0: too big\n");
    list_begin(&listing, script);
    etcd_script_expect(script, RANGE("/a", "512", "0"));
    etcd_script_answer(script, 400, too_big);
    etcd_script_expect(script, RANGE("/a", "64", "0"));
    etcd_script_answer(script, 200,
                       "{\"header\":{\"revision\":\"9\"},\"more\":true,\"kvs\":["
                       "{\"key\":\"L2M=\"}]}");
    etcd_script_expect(script, "/c=\n" RANGE("/c\x01", "64", "9"));
    etcd_script_answer(script, 200, "{\"header\":{\"revision\":\"9\"}}");
    etcd_script_expect(script, "answered at 9 \n");
}

static void test_what_ends_a_list(void **state)
{
    static const struct {
        int status, r;
        const char *body, *says;
    } rows[] = {
        {400, 0, "{\"code\":11,\"message\":\"compacted\"}",
         "refused at 0 etcd at etcd-0: compacted\n"},
        {200, 0, "{}", "unanswered at 0 etcd answered no revision: is it etcd 3.4 or newer?\n"},
        {200, 0, "{\"header\":{\"revision\":\"9\"},\"kvs\":{}}",
         "unanswered at 0 etcd answered kvs: should be a list, is an object\n"},
        {200, -ENOMEM,
         "{\"header\":{\"revision\":\"9\"},\"more\":true,\"kvs\":[{\"key\":\"YQ==\"}]}",
         "a=\nunanswered at 9 out of memory\n"},
    };
    EtcdScript *script = *state;
    Listing listing;

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        list_begin(&listing, script);
        listing.r = rows[i].r;
        etcd_script_expect(script, RANGE("/a", "512", "0"));
        etcd_script_answer(script, rows[i].status, rows[i].body);
        etcd_script_expect(script, rows[i].says);
    }
    list_begin(&listing, script);
    etcd_script_expect(script, RANGE("/a", "512", "0"));
    etcd_list_free(listing.list);
    etcd_script_answer(script, 200, "{\"header\":{\"revision\":\"9\"}}");
    etcd_script_expect(script, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, etcd_script_setup, etcd_script_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_line_is_told),
        TEST(test_lines_are_told_in_their_order_until_one_ends_it),
        TEST(test_the_end_of_an_answer_ends_a_watch),
        TEST(test_whoever_is_told_may_end_it),
        TEST(test_pages_are_read_one_after_the_other),
        TEST(test_a_page_that_is_too_big_is_asked_for_in_parts),
        TEST(test_what_ends_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
