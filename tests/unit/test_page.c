/* SPDX-License-Identifier: MIT */
/* The status page as it is made: the order in which it speaks, what names may not do, its bounds.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/digest.h"
#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"
#include "daemon/web/page.h"
#include "daemon/web/page_files.h"
#include "tests/unit/failing.h"

#define NOW_USEC (UINT64_C(1795000000) * USEC_PER_SEC)
#define DIGEST "76bd74e26d93fe71ab926dbccfbb31a488220ffd61b5a4a2ee8821ed72fac59b"
#define HOSTILE "<img src=x onerror=\\\"alert(1)\\\">'&\\u202e\\u0007"
#define SHOWN "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;&lt;U+202E&gt;&lt;U+0007&gt;"

/* ---- what it is made of ---- */

static void begin_status(Buf *text, const char *more)
{
    buf_printf(text,
               "{\"version\": \"0.1\", \"pid\": 7, \"dry_run\": false, \"roster\": {\"digest\": "
               "\"" DIGEST "\", \"head\": null}, \"git\": [], \"log_lines_lost\": 0%s, "
               "\"instances\": [{\"name\": \"prod\", \"pass_under_way\": false, \"next_pass\": "
               "\"2026-11-24T15:05:05Z\", \"last_pass_ended\": \"2026-11-24T15:04:05Z\", "
               "\"failed_passes\": 0, \"guards\": []}], \"channels\": [",
               more);
}

static void add_channel(Buf *text, const char *name, const char *result, const char *more)
{
    buf_printf(
        text,
        "%s{\"instance\": \"prod\", \"name\": \"%s\", \"id\": \"56a7\", \"mode\": \"prune\", "
        "\"result\": \"%s\", \"live\": 7, \"desired\": 4, \"since\": "
        "\"2026-11-24T14:00:00Z\", \"listed\": \"2026-11-24T15:04:05Z\", \"digest\": \"" DIGEST
        "\"%s}",
        str_has_prefix(buf_text(text) + text->size - 1, "[") ? "" : ", ", name, result, more);
}

static Json *end_status(Buf *text)
{
    Json *root = NULL;
    Err err = {0};

    buf_puts(text, "]}");
    assert_int_equal(json_parse_once(buf_text(text), text->size, &root, &err), 0);
    buf_done(text);
    return root;
}

static Json *history_of(const char *name)
{
    Json *root = NULL;
    Buf text = {0};
    Err err = {0};

    buf_printf(&text,
               "{\"actions\": [{\"action\": 9, \"pass\": \"2026-11-24T15:04:05Z-1\", \"time\": "
               "\"2026-11-24T15:04:06Z\", \"instance\": \"prod\", \"channel\": \"56a7\", \"name\": "
               "\"%s\", \"kind\": \"delete\", \"member\": {\"host\": \"%s\", \"port\": 80}, "
               "\"after\": null, \"outcome\": \"deleted\", \"http\": 204}]}",
               name, name);
    assert_int_equal(json_parse_once(buf_text(&text), text.size, &root, &err), 0);
    buf_done(&text);
    return root;
}

static int render(const Json *status, const Json *history, const PageTimeline *timeline, Buf *buf)
{
    return web_page_append(
        &(WebPage){.status = status, .history = history, .timeline = timeline, .version = "v1"},
        buf);
}

static Buf rendered(Json *status, Json *history)
{
    const PageTimeline timeline = {.now_usec = NOW_USEC};
    Buf buf = {0};

    assert_int_equal(render(status, history, &timeline, &buf), 0);
    json_free(status);
    json_free(history);
    return buf;
}

static size_t count_of(const Buf *buf, const char *text)
{
    size_t count = 0;

    for (const char *at = buf_text(buf); (at = strstr(at, text)); at++)
        count++;
    return count;
}

static void assert_has(const Buf *buf, const char *text)
{
    if (!strstr(buf_text(buf), text))
        fail_msg("\"%s\" is not on the page", text);
}

#define GUARDS                                                                                     \
    ", \"guards\": [{\"name\": \"max_deletes\", \"planned\": 40, \"limit\": 10}, {\"name\": "      \
    "\"min_remaining\", \"planned\": 1, \"limit\": 4}]"

/* ---- the tests ---- */

static void test_it_speaks_in_order(void **state)
{
    static const char *const order[] = {
        "<h1>1 channel held by a guard</h1>",
        "2 channels in 1 instance: 1 held, 1 in sync.",
        "prod/payments</a>",
        "held since",
        "max_deletes refuses: 40 deletions planned, limit 10",
        "min_remaining refuses: 1 left in service, at least 4",
        "nothing is changed here until",
        "rosterctl approve 76bd74e26d93<",
        "What happens next",
        "2026-11-24 15:05:05 UTC",
        "What was done",
        "10.1.0.9",
        "<details class=\"channel\" id=\"c0\"",
        "<details class=\"channel\" id=\"c1\"",
        "rosterd 0.1, pid 7; rosters 76bd74e26d93",
    };
    Buf text = {0}, page;
    const char *at;

    (void)state;
    begin_status(&text, "");
    add_channel(&text, "payments", "held", GUARDS);
    add_channel(&text, "calm", "in_sync", "");
    page = rendered(end_status(&text), history_of("10.1.0.9"));
    at = strstr(buf_text(&page), "<main");
    for (size_t i = 0; i < ELEMENTS(order); i++) {
        const char *found = strstr(at, order[i]);

        if (!found)
            fail_msg("\"%s\" does not stand where it should", order[i]);
        at = found;
    }
    assert_has(&page, "<rect class=\"within\" width=\"25.0\" height=\"6\"/>"
                      "<rect class=\"over\" x=\"25.0\" width=\"75.0\"");
    assert_has(&page, "<rect class=\"within\" width=\"25.0\" height=\"6\"/>"
                      "<rect class=\"short\" x=\"25.0\" width=\"75.0\"");
    buf_done(&page);
}

static void test_names_stay_text(void **state)
{
    Buf text = {0}, page;

    (void)state;
    begin_status(&text, ", \"invalid\": \"" HOSTILE "\", \"state_error\": \"" HOSTILE "\"");
    add_channel(&text, HOSTILE, "failed",
                ", \"error\": {\"http\": 500, \"code\": \"" HOSTILE "\", \"message\": \"" HOSTILE
                "\", \"request_id\": \"" HOSTILE "\"}, \"extra\": [{\"host\": \"" HOSTILE
                "\", \"port\": 80, \"outcome\": \"" HOSTILE "\"}], \"pause\": {\"scope\": "
                "\"channel\", \"reason\": \"" HOSTILE "\", \"until\": null}");
    page = rendered(end_status(&text), history_of(HOSTILE));
    assert_int_equal(count_of(&page, "<img"), 0);
    assert_int_equal(count_of(&page, "\x07"), 0);
    assert_int_equal(count_of(&page, "\xe2\x80\xae"), 0);
    assert_true(count_of(&page, SHOWN) >= 10);
    assert_has(&page, "rosterctl reconcile prod/56a7<");
    buf_done(&page);
}

static void test_a_name_without_an_id_is_quoted(void **state)
{
    Buf text = {0}, page;

    (void)state;
    begin_status(&text, "");
    buf_puts(&text, "{\"instance\": \"prod\", \"name\": \"it's $(reboot)\", \"id\": null, "
                    "\"result\": \"failed\", \"error\": {\"message\": \"no such channel\"}}");
    page = rendered(end_status(&text), NULL);
    assert_has(&page, "The history cannot be read");
    assert_has(&page, "rosterctl reconcile &#39;prod/it&#39;\\&#39;&#39;s $(reboot)&#39;<");
    buf_done(&page);
}

static void test_members_are_bounded(void **state)
{
    Buf text = {0}, more = {0}, page;

    (void)state;
    buf_puts(&more, ", \"extra\": [");
    for (size_t i = 0; i < 300; i++)
        buf_printf(&more, "%s{\"host\": \"10.1.%zu.%zu\", \"port\": 80, \"outcome\": \"held\"}",
                   i > 0 ? ", " : "", i / 200, i % 200);
    buf_puts(&more, "]");
    begin_status(&text, "");
    add_channel(&text, "payments", "held", buf_text(&more));
    buf_done(&more);
    page = rendered(end_status(&text), NULL);
    assert_has(&page, "10.1.0.4:80</code> and 295 more.");
    assert_has(&page, "<h3>Members that are not in the roster (300)</h3>");
    assert_has(&page, "and 200 more: rosterctl status CHANNEL has them all");
    assert_int_equal(count_of(&page, "10.1.0.99:80"), 1);
    assert_int_equal(count_of(&page, "10.1.0.100:80"), 0);
    buf_done(&page);
}

static void test_cases_are_bounded(void **state)
{
    Buf text = {0}, page;

    (void)state;
    begin_status(&text, "");
    for (size_t i = 0; i < 40; i++) {
        char name[32];

        snprintf(name, sizeof(name), "c%zu", i);
        add_channel(&text, name, i < 30 ? "held" : "drift", "");
    }
    page = rendered(end_status(&text), NULL);
    assert_has(&page, "and 18 more, in the");
    assert_has(&page, "and 4 more, in the");
    assert_int_equal(count_of(&page, "<details class=\"channel\""), 40);
    buf_done(&page);
}

static void test_one_cause_is_told_once(void **state)
{
    Buf text = {0}, page;

    (void)state;
    begin_status(&text, "");
    for (size_t i = 0; i < 3; i++)
        buf_printf(&text,
                   "%s{\"instance\": \"prod\", \"name\": \"c%zu\", \"id\": null, \"result\": "
                   "\"failed\", \"live\": null, \"error\": {\"message\": \"timed out\"}}",
                   i > 0 ? ", " : "", i);
    page = rendered(end_status(&text), NULL);
    assert_has(&page, "<h3>prod: 3 channels could not be read</h3>");
    assert_int_equal(count_of(&page, "class=\"case\""), 1);
    buf_done(&page);
}

static void test_verdicts(void **state)
{
    static const struct {
        const char *results[3];
        const char *more, *title;
    } rows[] = {
        {{"in_sync", "converged"}, "", "All 2 channels are in sync"},
        {{"in_sync"}, "", "The channel is in sync"},
        {{NULL}, "", "No channels are in the rosters"},
        {{"in_sync", ""}, "", "1 of 2 channels not read yet"},
        {{"in_sync", "drift", "paused"}, "", "Nothing failed; 2 of 3 channels not in sync"},
        {{"failed", "unmanageable", "held"}, "", "2 channels failed, 1 held"},
        {{"held", "held"}, "", "2 channels held by a guard"},
        {{"held"}, ", \"invalid\": \"x\"", "New settings or rosters are refused"},
        {{"in_sync"}, ", \"state_error\": \"x\"", "The state cannot be used"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        Buf text = {0}, wanted = {0}, page;

        begin_status(&text, rows[i].more);
        for (size_t k = 0; k < ELEMENTS(rows[i].results) && rows[i].results[k]; k++)
            add_channel(&text, "c", rows[i].results[k], "");
        page = rendered(end_status(&text), NULL);
        buf_printf(&wanted, "<h1>%s</h1>", rows[i].title);
        assert_has(&page, buf_text(&wanted));
        buf_done(&wanted);
        buf_done(&page);
    }
}

static void test_charts_count(void **state)
{
    static const struct {
        uint64_t usec;
        const char *kind, *outcome;
    } rows[] = {
        {NOW_USEC, "delete", "deleted"},
        {NOW_USEC + USEC_PER_HOUR, "delete", "deleted"}, /* a clock put back */
        {NOW_USEC - 30 * USEC_PER_MINUTE, "add", "added"},
        {NOW_USEC - 2 * USEC_PER_HOUR, "correct", "corrected"},
        {NOW_USEC - 2 * USEC_PER_DAY, "delete", "failed"},
        {NOW_USEC - 30 * USEC_PER_DAY, "delete", "deleted"},
        {NOW_USEC, "delete", "skipped"},
        {NOW_USEC, "delete", NULL},
        {NOW_USEC - 5 * USEC_PER_HOUR, "channel", "held"},
        {NOW_USEC - 5 * USEC_PER_HOUR, "channel", "unmanageable"},
    };
    PageTimeline timeline = {.now_usec = NOW_USEC};
    Json *history = history_of("10.1.0.9");
    Buf text = {0}, page = {0};
    Json *status;

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++)
        page_timeline_add(&timeline, rows[i].usec, rows[i].kind, rows[i].outcome);
    begin_status(&text, "");
    status = end_status(&text);
    assert_int_equal(render(status, history, &timeline, &page), 0);
    assert_has(&page, "In the last hour: 2 deleted, 1 added, 0 changed, 0 held, 0 failed.");
    assert_has(&page, "In the last day: 2 deleted, 1 added, 1 changed, 1 held, 1 failed.");
    assert_has(&page, "In the last week: 2 deleted, 1 added, 1 changed, 1 held, 2 failed.");
    assert_has(&page, "<rect class=\"deleted\" x=\"590\" y=\"0.0\" width=\"8\" height=\"48.0\"/>");
    buf_done(&page);
    json_free(status);
    json_free(history);
}

/* The policy allows what the document holds, byte for byte, and nothing else. */
static void test_policy_fits_the_document(void **state)
{
    const char *policy = web_page_policy();
    const PageFile files[] = {page_files_style(), page_files_script()};
    Buf page = {0};

    (void)state;
    assert_non_null(policy);
    assert_int_equal(render(NULL, NULL, NULL, &page), 0);
    assert_has(&page, "<main data-version=\"v1\">\n<section id=\"verdict\" class=\"calm\">\n"
                      "<h1>rosterd is starting</h1>");
    for (size_t i = 0; i < ELEMENTS(files); i++) {
        char hash[DIGEST_BASE64_SIZE], wanted[96];

        assert_true(files[i].size > 1000);
        assert_non_null(memmem(page.data, page.size, files[i].text, files[i].size));
        assert_int_equal(digest_sha256_base64(files[i].text, files[i].size, hash), 0);
        snprintf(wanted, sizeof(wanted), "%s-src 'sha256-%s'", i == 0 ? "style" : "script", hash);
        assert_non_null(strstr(policy, wanted));
    }
    assert_null(strstr(policy, "unsafe"));
    assert_int_equal(count_of(&page, "<script"), 1);
    assert_int_equal(count_of(&page, " style=\""), 0);
    buf_done(&page);
}

static void test_each_allocation_may_fail(void **state)
{
    const PageTimeline timeline = {.now_usec = NOW_USEC};
    Json *history, *status;
    Buf text = {0};
    bool did_fail = true;
    long count = 0;

    (void)state;
    if (!failing_is_possible()) {
        print_message("SKIPPED: the allocator is not the C library's\n");
        skip();
    }
    history = history_of("10.1.0.9");
    begin_status(&text, "");
    add_channel(&text, "payments", "held", GUARDS);
    add_channel(&text, "calm", "in_sync", "");
    status = end_status(&text);
    for (; did_fail; count++) {
        Buf page = {0};
        int r;

        failing_after(count);
        r = render(status, history, &timeline, &page);
        did_fail = failing_stop();
        assert_true(r == 0 || (did_fail && r == -ENOMEM));
        buf_done(&page);
    }
    assert_true(count > 100);
    json_free(status);
    json_free(history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_speaks_in_order),
        cmocka_unit_test(test_names_stay_text),
        cmocka_unit_test(test_a_name_without_an_id_is_quoted),
        cmocka_unit_test(test_members_are_bounded),
        cmocka_unit_test(test_cases_are_bounded),
        cmocka_unit_test(test_one_cause_is_told_once),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_charts_count),
        cmocka_unit_test(test_policy_fits_the_document),
        cmocka_unit_test(test_each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
