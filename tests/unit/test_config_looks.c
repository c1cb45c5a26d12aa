/* SPDX-License-Identifier: MIT */
/* All that a load looks at, and in which order, for each way to name rosters: files, directories
 * with the names that were wanted in them, what is not there. A second look at the same names sees
 * the same, and one without memory says so. */
#include "config/load/config_load.h"
#include "tests/unit/failing.h"
#include "tests/unit/test_config.h"

static void put_tree(void)
{
    static const char *const directories[] = {"teams",     "teams/one", "teams/one/deep",
                                              "teams/two", ".hidden",   "data"};
    static const char *const files[] = {
        "rosters.d/b.yaml", "rosters.d/a.yml",        "rosters.d/README", "teams/one/a.yaml",
        "teams/two/b.yaml", "teams/one/deep/c.yaml",  ".hidden/h.yaml",   "data/plain",
        "teams/file",       "rosters.d/.dotted.yaml", "a[1].yaml"};

    for (size_t i = 0; i < ELEMENTS(directories); i++)
        assert_int_equal(mkdir(directories[i], 0700), 0);
    for (size_t i = 0; i < ELEMENTS(files); i++) {
        char text[128];

        snprintf(text, sizeof(text), "version: 1\nchannels: [{name: channel-%zu, members: [a]}]\n",
                 i);
        put_file(files[i], text);
    }
    assert_int_equal(symlink("../data/plain", "rosters.d/link.yaml"), 0);
    assert_int_equal(symlink("nowhere", "teams/two/dead.yaml"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
}

static void show_sources(const Sources *sources, Buf *text)
{
    for (size_t i = 0; i < sources->stamp_count; i++) {
        const SourceStamp *stamp = &sources->stamps[i];

        buf_printf(text, "%s%s%s\n", stamp->path, stamp->error ? ": " : "",
                   stamp->error ? strerror(stamp->error) : "");
        assert_int_equal(stamp->inode == 0, stamp->error != 0);
    }
    for (size_t i = 0; i < sources->listing_count; i++) {
        const SourceListing *listing = &sources->listings[i];

        buf_printf(text, "in %s: %s%s\n", listing->path,
                   listing->pattern ? listing->pattern : "rosters",
                   listing->changed_nsec ? "" : ", which is not there");
    }
    if (sources->unread)
        buf_printf(text, "unread: %s\n", sources->unread);
}

static void show_problems(const Problems *problems, const Config *config, Buf *text)
{
    problems_print(problems, text);
    if (config)
        problems_print(&config->warnings, text);
    for (size_t i = 0; i < problems->file_count; i++)
        buf_printf(text, "%s%s", i > 0 ? " " : "looked into: ", problems->files[i]);
    buf_printf(text, "\n");
}

/* `rosters` is the list, "" for the settings without one. */
typedef struct Look {
    const char *rosters;
    const char *seen;
} Look;

static const Look looks[] = {
    {"", "rosterd.yaml\n"
         "rosters.d/a.yml\n"
         "rosters.d/b.yaml\n"
         "rosters.d/link.yaml\n"
         "in rosters.d: rosters\n"
         "looked into: rosterd.yaml rosters.d rosters.d/a.yml rosters.d/b.yaml "
         "rosters.d/link.yaml\n"},
    {"[rosters.d, 'rosters.d/', ./rosters.d/b.yaml, rosters.d]",
     "rosterd.yaml\n"
     "rosters.d/a.yml\n"
     "rosters.d/b.yaml\n"
     "rosters.d/link.yaml\n"
     "rosters.d/a.yml\n"
     "rosters.d/b.yaml\n"
     "rosters.d/link.yaml\n"
     "./rosters.d/b.yaml\n"
     "rosters.d/a.yml\n"
     "rosters.d/b.yaml\n"
     "rosters.d/link.yaml\n"
     "in rosters.d: rosters\n"
     "in rosters.d/: rosters\n"
     "in rosters.d: rosters\n"
     "looked into: rosterd.yaml rosters.d rosters.d/ rosters.d rosters.d/a.yml "
     "rosters.d/b.yaml rosters.d/link.yaml\n"},
    {"[teams/one/a.yaml, missing.yaml, missing.d/x/, loop]",
     "rosterd.yaml\n"
     "teams/one/a.yaml\n"
     "missing.yaml: No such file or directory\n"
     "missing.d/x/: No such file or directory\n"
     "loop: Too many levels of symbolic links\n"
     "unread: missing.yaml\n"
     "rosterd.yaml:6:29: rosters[1]: missing.yaml: cannot be read: No such file or "
     "directory\n"
     "rosterd.yaml:6:43: rosters[2]: missing.d/x/: cannot be read: No such file or "
     "directory\n"
     "rosterd.yaml:6:57: rosters[3]: loop: cannot be read: Too many levels of symbolic "
     "links\n"
     "looked into: rosterd.yaml missing.yaml missing.d/x/ loop teams/one/a.yaml\n"},
    {"['teams/*/*.yaml']",
     "rosterd.yaml\n"
     "teams/one/a.yaml\n"
     "teams/two/b.yaml\n"
     "teams/two/dead.yaml: No such file or directory\n"
     "in teams: *\n"
     "in teams/one: *.yaml\n"
     "in teams/two: *.yaml\n"
     "unread: teams/two/dead.yaml\n"
     "rosterd.yaml:6:11: rosters[0]: teams/two/dead.yaml: cannot be read: No such file "
     "or directory\n"
     "looked into: rosterd.yaml teams teams/one teams/two teams/two/dead.yaml "
     "teams/one/a.yaml teams/two/b.yaml\n"},
    {"['teams/*/deep/*.yaml', 'teams/[xyz]/*.yaml']",
     "rosterd.yaml\n"
     "teams/one/deep/c.yaml\n"
     "in teams: *\n"
     "in teams/one: deep\n"
     "in teams/one/deep: *.yaml\n"
     "in teams/two: deep\n"
     "in teams: [xyz]\n"
     "rosterd.yaml:6:34: rosters[1]: \"teams/[xyz]/*.yaml\" names no roster file, must "
     "name one or be left out\n"
     "looked into: rosterd.yaml teams teams/one teams/one/deep teams/two teams "
     "teams/one/deep/c.yaml\n"},
    {"['*/one/a.yaml', 'te?ms//two///b.yaml']",
     "rosterd.yaml\n"
     "loop/one/a.yaml: Too many levels of symbolic links\n"
     "teams/one/a.yaml\n"
     "teams/two/b.yaml\n"
     "in .: *\n"
     "in data: one\n"
     "in empty.d: one\n"
     "in loop: one, which is not there\n"
     "in loop/one: a.yaml, which is not there\n"
     "in rosters.d: one\n"
     "in teams: one\n"
     "in teams/one: a.yaml\n"
     "in .: te?ms\n"
     "in teams: two\n"
     "in teams/two: b.yaml\n"
     "unread: loop/one/a.yaml\n"
     "rosterd.yaml:6:11: rosters[0]: loop/one/a.yaml: cannot be read: Too many levels of "
     "symbolic links\n"
     "looked into: rosterd.yaml . data empty.d loop loop/one loop/one/a.yaml rosters.d "
     "teams teams/one . teams teams/two teams/one/a.yaml teams/two/b.yaml\n"},
    {"['teams*', 'team?/one']",
     "rosterd.yaml\n"
     "teams/one/a.yaml\n"
     "in .: teams*\n"
     "in teams: rosters\n"
     "in .: team?\n"
     "in teams: one\n"
     "in teams/one: rosters\n"
     "rosterd.yaml:6:11: rosters[0]: \"teams*\" names no roster file, must name one or "
     "be left out\n"
     "looked into: rosterd.yaml . teams . teams teams/one teams/one/a.yaml\n"},
    {"['missing/*.yaml', 'teams/file/*.yaml', 'l??p/*']",
     "rosterd.yaml\n"
     "missing: No such file or directory\n"
     "teams/file: Not a directory\n"
     "loop: Too many levels of symbolic links\n"
     "in missing: *.yaml, which is not there\n"
     "in teams/file: *.yaml\n"
     "in .: l??p\n"
     "in loop: *, which is not there\n"
     "unread: missing\n"
     "rosterd.yaml:6:11: rosters[0]: missing: cannot read the directory: No such file or "
     "directory\n"
     "rosterd.yaml:6:29: rosters[1]: teams/file: cannot read the directory: Not a "
     "directory\n"
     "rosterd.yaml:6:50: rosters[2]: loop: cannot read the directory: Too many levels of "
     "symbolic links\n"
     "looked into: rosterd.yaml missing teams/file . loop\n"},
    {"['.h*/*', '*/h.yaml', 'a[1].yaml', 'a[b].yaml']",
     "rosterd.yaml\n"
     ".hidden/h.yaml\n"
     "loop/h.yaml: Too many levels of symbolic links\n"
     "a[1].yaml\n"
     "in .: .h*\n"
     "in .hidden: *\n"
     "in .: *\n"
     "in data: h.yaml\n"
     "in empty.d: h.yaml\n"
     "in loop: h.yaml, which is not there\n"
     "in rosters.d: h.yaml\n"
     "in teams: h.yaml\n"
     "in .: a[b].yaml\n"
     "unread: loop/h.yaml\n"
     "rosterd.yaml:6:20: rosters[1]: loop/h.yaml: cannot be read: Too many levels of "
     "symbolic links\n"
     "looked into: rosterd.yaml . .hidden . data empty.d loop loop/h.yaml rosters.d "
     "teams . .hidden/h.yaml a[1].yaml\n"},
    {"[data, empty.d, data/plain]",
     "rosterd.yaml\n"
     "data/plain\n"
     "in data: rosters\n"
     "in empty.d: rosters\n"
     "rosterd.yaml:6:11: rosters[0]: \"data\" names no roster file, must name one or be "
     "left out\n"
     "rosterd.yaml:6:17: rosters[1]: \"empty.d\" names no roster file, must name one or "
     "be left out\n"
     "looked into: rosterd.yaml data empty.d data/plain\n"},
    {"[rosterd.yaml, '*.yaml', ../rosterd.yaml]",
     "rosterd.yaml\n"
     "rosterd.yaml\n"
     "a[1].yaml\n"
     "rosterd.yaml\n"
     "../rosterd.yaml: No such file or directory\n"
     "in .: *.yaml\n"
     "unread: ../rosterd.yaml\n"
     "rosterd.yaml:6:11: rosters[0]: rosterd.yaml: the settings file itself, must be a "
     "roster\n"
     "rosterd.yaml:6:35: rosters[2]: ../rosterd.yaml: cannot be read: No such file or "
     "directory\n"
     "looked into: rosterd.yaml . ../rosterd.yaml a[1].yaml\n"},
};

static void check_look(const Look *look)
{
    Problems problems = {0};
    Sources sources = {0}, again = {0};
    Config *config = NULL;
    Buf text = {0}, second = {0}, first = {0};
    const char *path = NULL;
    char settings[1024];

    snprintf(settings, sizeof(settings), HEAD "%s%s\n", look->rosters[0] ? "rosters: " : "",
             look->rosters);
    put_file("rosterd.yaml", settings);
    config_load_sources("rosterd.yaml", &sources, &problems, &config);
    show_sources(&sources, &first);
    buf_puts(&text, buf_text(&first));
    show_problems(&problems, config, &text);
    if (strcmp(buf_text(&text), look->seen) != 0)
        fail_msg("%s:\n%s", look->rosters, buf_text(&text));
    assert_int_equal(sources_look(&sources, &again), 0);
    assert_true(sources_equal(&sources, &again, &path));
    again.unread = sources.unread; /* of rosters that were read */
    show_sources(&again, &second);
    assert_string_equal(buf_text(&second), buf_text(&first));
    buf_done(&first);
    buf_done(&second);
    buf_done(&text);
    config_free(config);
    problems_done(&problems);
    sources_done(&sources);
    sources_done(&again);
}

static void what_is_looked_at(void **state)
{
    (void)state;
    put_tree();
    for (size_t i = 0; i < ELEMENTS(looks); i++)
        check_look(&looks[i]);
}

#define LONG_10 "aaaaaaaaaa"
#define LONG_100 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10
#define LONG_255 LONG_100 LONG_100 LONG_10 LONG_10 LONG_10 LONG_10 LONG_10 "aaaaa"

/* A name of a pattern may be as long as a name can be. */
static void names_of_patterns_have_a_longest(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD "rosters: ['" LONG_255 "/*', 'empty.d/*/" LONG_255 "']\n");
    expect_problems("rosterd.yaml:6:11: rosters[0]: " LONG_255
                    ": cannot read the directory: No such file or directory\n");
    put_file("rosterd.yaml", HEAD "rosters: ['" LONG_255 "a/*', 'empty.d/" LONG_255 "?']\n");
    expect_problems(
        "rosterd.yaml:6:11: rosters[0]: " LONG_255 "a/*: cannot be read: File name too long\n"
        "rosterd.yaml:6:273: rosters[1]: " LONG_255 "?: cannot be read: File name too long\n");
}

/* Who is coming aboard has no rosters yet. */
static void rosters_may_be_absent(void **state)
{
    Problems problems = {0};
    Config *config = NULL;
    Buf text = {0};

    (void)state;
    put_file("rosterd.yaml", HEAD "rosters: [missing.yaml, missing.d/]\n");
    assert_int_equal(config_load_if_any("rosterd.yaml", &problems, &config), 0);
    assert_int_equal(config->channel_count, 0);
    assert_int_equal(problems.file_count, 1);
    config_free(config);
    assert_int_equal(symlink("loop", "loop"), 0);
    put_file("rosterd.yaml", HEAD "rosters: [missing.yaml, loop]\n");
    assert_int_equal(config_load_if_any("rosterd.yaml", &problems, &config), -EINVAL);
    problems_print(&problems, &text);
    assert_string_equal(buf_text(&text), "rosterd.yaml:6:25: rosters[1]: loop: cannot be read: "
                                         "Too many levels of symbolic links\n");
    buf_done(&text);
    problems_done(&problems);
}

static void expect_no_memory(const Sources *before)
{
    long index = 0;
    int r;

    do {
        Sources now = {0};

        failing_after(index++);
        r = sources_look(before, &now);
        assert_int_equal(r, failing_stop() ? -ENOMEM : 0);
        assert_int_equal(r, sources_equal(before, &now, NULL) ? 0 : -ENOMEM);
        sources_done(&now);
    } while (r < 0);
    assert_true(index > 5);
}

/* What a look that was cut short saw is never taken for all. */
static void a_look_without_memory(void **state)
{
    static const char *const rosters[] = {"rosters.d", "['teams/*/*/*.yaml']",
                                          "[rosters.d/a.yml, 'empty*']"};
    Problems problems = {0};

    (void)state;
    if (!failing_is_possible())
        skip();
    put_tree();
    for (size_t i = 0; i < ELEMENTS(rosters); i++) {
        Sources sources = {0};
        Config *config = NULL;
        char settings[1024];

        snprintf(settings, sizeof(settings),
                 HEAD "windows: [{days: [mon], from: '08:00', to: '09:00', zone: Europe/Berlin}]\n"
                      "rosters: %s\n",
                 rosters[i]);
        put_file("rosterd.yaml", settings);
        config_load_sources("rosterd.yaml", &sources, &problems, &config);
        assert_int_equal(sources.zone_count, 1);
        expect_no_memory(&sources);
        config_free(config);
        sources_done(&sources);
    }
    problems_done(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_is_looked_at),
        IN_DIRECTORY(names_of_patterns_have_a_longest),
        IN_DIRECTORY(rosters_may_be_absent),
        IN_DIRECTORY(a_look_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
