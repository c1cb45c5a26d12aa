/* SPDX-License-Identifier: MIT */
/* As much as settings may have, and one more; and words that are nearly right. */
#include "tests/unit/test_config.h"

#include "daemon/base/buf.h"

typedef void (*PutEntry)(Buf *text, size_t number);

static void put_window(Buf *text, size_t number)
{
    buf_printf(text, "{from: 07:00, to: '07:%02zu', zone: UTC}", number % 59 + 1);
}

static void put_freeze(Buf *text, size_t number)
{
    buf_printf(text, "{from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', reason: 'r%zu'}",
               number);
}

static void put_notifier(Buf *text, size_t number)
{
    buf_printf(text, "{format: slack, url_file: 'f%zu'}", number);
}

static void put_host(Buf *text, size_t number)
{
    buf_printf(text, "host-%zu.example", number);
}

static void put_list(const char *before, PutEntry put, size_t count, const char *after)
{
    _cleanup_(buf_done) Buf text = {0};

    buf_printf(&text, HEAD "%s[", before);
    for (size_t i = 0; i < count; i++) {
        buf_puts(&text, i > 0 ? ", " : "");
        put(&text, i);
    }
    buf_printf(&text, "]%s\n", after);
    put_file("rosterd.yaml", buf_text(&text));
    put_file("rosters.d/a.yaml", ROSTER);
}

/* So many are right, and one more is refused. */
static void expect_most(const char *before, PutEntry put, size_t most, const char *after,
                        const char *says)
{
    put_list(before, put, most, after);
    config_free(load_good());
    put_list(before, put, most + 1, after);
    expect_problems(says);
}

static void lists_have_a_greatest_length(void **state)
{
    (void)state;
    expect_most("windows: ", put_window, 64, "",
                "rosterd.yaml:6:10: windows: too many: 65, must be 64 at most\n");
    expect_most("freezes: ", put_freeze, 256, "",
                "rosterd.yaml:6:10: freezes: too many: 257, must be 256 at most\n");
    expect_most("notify: ", put_notifier, 16, "",
                "rosterd.yaml:6:9: notify: 17 entries, must be 1 to 16, or be left out\n");
    expect_most("http: {listen: '127.0.0.1:9786', token_file: t, hosts: ", put_host, 64, "}",
                "rosterd.yaml:6:56: http.hosts: 65 entries, must be 1 to 64, or be left out\n");
}

static const InvalidConfig cases[] = {
    {HEAD "notify: [{format: slack, url_file: x, when: [held, holden]}]\n", NULL,
     "rosterd.yaml:6:52: notify[0].when[1]: unknown value: \"holden\", must be held (guards hold "
     "changes back), failed (a channel or an instance fails), invalid (changed settings or rosters "
     "are refused), missing (members of the roster are not live), drift (a channel is not as its "
     "roster says for 3 passes) or changed (a pass has changed something)\n"},
    {HEAD "metrics_file: /var/lib/metrics/\n", NULL,
     "rosterd.yaml:6:15: metrics_file: names no file, should end with a name without a leading "
     "dot: rosterd.prom\n"},
    {HEAD "metrics_file: /var/lib/.prom\n", NULL,
     "rosterd.yaml:6:15: metrics_file: names no file, should end with a name without a leading "
     "dot: rosterd.prom\n"},
    {HEAD "http: {listen: '127.0.0.1:9786', token_file: t, plain: perhaps}\n", NULL,
     "rosterd.yaml:6:56: http.plain: not a boolean: \"perhaps\", must be true or false\n"},
    {HEAD "http: {listen: '127.0.0.1:9786', token_file: t, plain: 'true'}\n", NULL,
     "rosterd.yaml:6:56: http.plain: not a boolean: \"true\", must be true without quotes\n"},
};

static void words_that_are_nearly_right(void **state)
{
    (void)state;
    expect_invalid(cases, ELEMENTS(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(lists_have_a_greatest_length),
        IN_DIRECTORY(words_that_are_nearly_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
