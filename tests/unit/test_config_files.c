/* SPDX-License-Identifier: MIT */
/* Which files are read, in which order, and what is said of those that cannot be. */
#include "config/load/config_load.h"
#include "tests/unit/test_config.h"

/* A roster of one channel. */
static void put_roster(const char *path, const char *channel)
{
    char text[200];

    snprintf(text, sizeof(text), "version: 1\nchannels: [{name: %s, members: [a]}]\n", channel);
    put_file(path, text);
}

/* The names of the channels in their order: "one two". */
static void expect_channels(const char *expected)
{
    Config *config = load_good();
    _cleanup_(buf_done) Buf names = {0};

    for (size_t i = 0; i < config->channel_count; i++)
        buf_printf(&names, "%s%s", i > 0 ? " " : "", config->channels[i].name);
    assert_string_equal(buf_text(&names), expected);
    config_free(config);
}

static void expect_files(const char *expected)
{
    Config *config = load_good();
    _cleanup_(buf_done) Buf names = {0};

    for (size_t i = 0; i < config->file_count; i++)
        buf_printf(&names, "%s%s", i > 0 ? " " : "", config->files[i]);
    assert_string_equal(buf_text(&names), expected);
    config_free(config);
}

static void directories_give_their_yaml_files(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_roster("rosters.d/b.yaml", "bbb");
    put_roster("rosters.d/a.yml", "aaa");
    put_roster("rosters.d/B.yaml", "BBB");
    put_file("rosters.d/.#b.yaml", "not: read");
    put_file("rosters.d/.yaml", "not: read");
    put_file("rosters.d/b.yaml~", "not: read");
    put_file("rosters.d/b.yaml.swp", "not: read");
    put_file("rosters.d/README", "not: read");
    put_file("rosters.d/b.YAML", "not: read");
    expect_channels("BBB aaa bbb");
    expect_files("rosterd.yaml rosters.d rosters.d/B.yaml rosters.d/a.yml rosters.d/b.yaml");
}

static void subdirectories_are_not_gone_into(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_roster("rosters.d/a.yaml", "aaa");
    assert_int_equal(mkdir("rosters.d/deeper", 0700), 0);
    put_file("rosters.d/deeper/b.yaml", "not: read");
    expect_channels("aaa");
}

static void entries_keep_their_order(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD "rosters: [z.yaml, rosters.d, \"extra/*.yaml\", a.yaml]\n");
    put_roster("z.yaml", "zzz");
    put_roster("a.yaml", "aaa");
    put_roster("rosters.d/m.yaml", "mmm");
    assert_int_equal(mkdir("extra", 0700), 0);
    put_roster("extra/2.yaml", "222");
    put_roster("extra/1.yaml", "111");
    put_file("extra/3.yml", "not: read");
    put_file("extra/.4.yaml", "not: read");
    expect_channels("zzz mmm 111 222 aaa");
    expect_files("rosterd.yaml rosters.d extra z.yaml rosters.d/m.yaml extra/1.yaml extra/2.yaml "
                 "a.yaml");
}

static void patterns_reach_over_directories(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD "rosters: ['teams/*/rosters/?[0-9].yaml']\n");
    assert_int_equal(mkdir("teams", 0700), 0);
    assert_int_equal(mkdir("teams/one", 0700), 0);
    assert_int_equal(mkdir("teams/one/rosters", 0700), 0);
    assert_int_equal(mkdir("teams/two", 0700), 0);
    put_file("teams/file", "no directory");
    put_roster("teams/one/rosters/a1.yaml", "aaa");
    put_file("teams/one/rosters/ab.yaml", "not: read");
    expect_channels("aaa");
    expect_files("rosterd.yaml teams teams/one teams/one/rosters teams/two "
                 "teams/one/rosters/a1.yaml");
}

/* "." and ".." fit ".*" by their letters: a pattern would leave its directory, and a few of them in
 * a row would visit the same places for ever. */
static void a_pattern_does_not_step_back(void **state)
{
    (void)state;
    assert_int_equal(mkdir("below", 0700), 0);
    assert_int_equal(mkdir("below/.team", 0700), 0);
    put_file("rosterd.yaml",
             HEAD "rosters: ['below/.*/a.yaml', 'below/.*/.*/.*/.*/.*/.*/a.yaml']\n");
    put_roster("a.yaml", "outside");
    put_roster("below/a.yaml", "beside");
    put_roster("below/.team/a.yaml", "aaa");
    expect_channels("aaa");
}

/* A pattern may name directories, and a file may be reached in two ways: it is read once. */
static void files_are_read_once(void **state)
{
    (void)state;
    put_file("rosterd.yaml",
             HEAD "rosters: ['rosters*', rosters.d/a.yaml, rosters.d, './rosters.d']\n");
    put_roster("rosters.d/a.yaml", "aaa");
    assert_int_equal(link("rosters.d/a.yaml", "rosters.d/b.yaml"), 0);
    assert_int_equal(symlink("a.yaml", "rosters.d/c.yaml"), 0);
    expect_channels("aaa");
}

static void links_are_followed(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD);
    assert_int_equal(mkdir("data", 0700), 0);
    put_roster("data/a", "aaa");
    assert_int_equal(symlink("../data/a", "rosters.d/a.yaml"), 0);
    expect_channels("aaa");
    assert_int_equal(rmdir("empty.d"), 0);
    assert_int_equal(symlink("rosters.d", "empty.d"), 0);
    put_file("rosterd.yaml", HEAD "rosters: [empty.d]\n");
    expect_channels("aaa");
}

static void a_name_with_wildcards_may_be_a_file(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD "rosters: ['a[1].yaml']\n");
    put_roster("a[1].yaml", "aaa");
    put_file("a1.yaml", "not: read");
    expect_channels("aaa");
}

static void settings_know_their_directory(void **state)
{
    char path[256];
    Config *config = NULL;
    Problems problems = {0};

    snprintf(path, sizeof(path), "%s/rosters.d/../rosterd.yaml", (const char *)*state);
    put_file("rosterd.yaml", HEAD "rosters: [rosters.d/a.yaml]\n");
    put_roster("rosters.d/a.yaml", "aaa");
    assert_int_equal(config_load(path, &problems, &config), 0);
    assert_string_equal(config->path, path);
    *strrchr(path, '/') = '\0';
    assert_string_equal(config->directory, path);
    assert_int_equal(config->channel_count, 1);
    config_free(config);
    problems_done(&problems);
}

static void absolute_entries(void **state)
{
    char text[512];

    snprintf(text, sizeof(text), HEAD "rosters: ['%s/rosters.d', '%s/em*/*.yaml']\n",
             (const char *)*state, (const char *)*state);
    put_file("rosterd.yaml", text);
    put_roster("rosters.d/a.yaml", "aaa");
    put_roster("empty.d/b.yaml", "bbb");
    expect_channels("aaa bbb");
}

static void an_empty_directory_beside_others_is_fine(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD "rosters: [empty.d, rosters.d, 'empty.d/*.yaml']\n");
    put_roster("rosters.d/a.yaml", "aaa");
    expect_files("rosterd.yaml empty.d rosters.d rosters.d/a.yaml");
}

#define DOUBT "names no roster file, must name one or be left out\n"

/* Each with its place; one that only names files which others name too is none. */
static void what_names_no_file_is_doubted(void **state)
{
    Config *config;
    Buf text = {0};

    (void)state;
    put_file("rosterd.yaml", HEAD "rosters: [empty.d, rosters.d, 'rosters.d/*.yml',\n"
                                  "  'rosters.d/a*', 'teams*/*.yaml', rosters.d/a.yaml]\n");
    put_roster("rosters.d/a.yaml", "aaa");
    config = load_good();
    problems_print(&config->warnings, &text);
    assert_string_equal(buf_text(&text), "rosterd.yaml:6:11: rosters[0]: \"empty.d\" " DOUBT
                                         "rosterd.yaml:6:31: rosters[2]: \"rosters.d/*.yml\" " DOUBT
                                         "rosterd.yaml:7:19: rosters[4]: \"teams*/*.yaml\" " DOUBT);
    buf_done(&text);
    config_free(config);
}

static void what_cannot_be_read_is_told_where_it_is_named(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD "rosters: [missing.yaml, missing.d/, 'missing/*.yaml',\n"
                                  "  rosters.d, rosterd.yaml, '*.yaml', '/dev/null']\n");
    assert_int_equal(symlink("nowhere", "rosters.d/link.yaml"), 0);
    assert_int_equal(mkdir("rosters.d/directory.yaml", 0700), 0);
    assert_int_equal(mkfifo("rosters.d/fifo.yaml", 0600), 0);
    expect_problems(
        "rosterd.yaml:6:11: rosters[0]: missing.yaml: cannot be read: No such file or directory\n"
        "rosterd.yaml:6:25: rosters[1]: missing.d/: cannot be read: No such file or directory\n"
        "rosterd.yaml:6:37: rosters[2]: missing: cannot read the directory: No such file or "
        "directory\n"
        "rosterd.yaml:7:3: rosters[3]: rosters.d/link.yaml: cannot be read: No such file or "
        "directory\n"
        "rosterd.yaml:7:3: rosters[3]: rosters.d/directory.yaml: cannot be read: Is a directory\n"
        "rosterd.yaml:7:3: rosters[3]: rosters.d/fifo.yaml: cannot be read: not a regular file\n"
        "rosterd.yaml:7:14: rosters[4]: rosterd.yaml: the settings file itself, must be a roster\n"
        "rosterd.yaml:7:38: rosters[6]: /dev/null: cannot be read: not a regular file\n");
}

static void what_permissions_refuse(void **state)
{
    (void)state;
    if (geteuid() == 0)
        skip();
    put_file("rosterd.yaml", HEAD "rosters: [rosters.d, empty.d]\n");
    put_roster("rosters.d/a.yaml", "aaa");
    assert_int_equal(chmod("rosters.d/a.yaml", 0), 0);
    assert_int_equal(chmod("empty.d", 0), 0);
    expect_problems("rosterd.yaml:6:11: rosters[0]: rosters.d/a.yaml: cannot be read: Permission "
                    "denied\n"
                    "rosterd.yaml:6:22: rosters[1]: empty.d: cannot read the directory: "
                    "Permission denied\n");
    chmod("empty.d", 0700);
}

/* What is not there below a wildcard is no mistake; what is there and leads nowhere is one. */
static void patterns_hide_no_mistake(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD "rosters: ['teams/*/a.yaml']\n");
    assert_int_equal(mkdir("teams", 0700), 0);
    assert_int_equal(mkdir("teams/one", 0700), 0);
    assert_int_equal(mkdir("teams/two", 0700), 0);
    put_roster("teams/two/a.yaml", "aaa");
    expect_channels("aaa");
    assert_int_equal(symlink("nowhere", "teams/one/a.yaml"), 0);
    expect_problems("rosterd.yaml:6:11: rosters[0]: teams/one/a.yaml: cannot be read: No such file "
                    "or directory\n");
}

static void settings_that_cannot_be_read(void **state)
{
    (void)state;
    expect_problems("rosterd.yaml: cannot be read: No such file or directory\n");
    assert_int_equal(mkdir("rosterd.yaml", 0700), 0);
    expect_problems("rosterd.yaml: cannot be read: Is a directory\n");
    assert_int_equal(rmdir("rosterd.yaml"), 0);
    put_file("rosterd.yaml", "");
    expect_problems("rosterd.yaml:1:1: empty, must be a map of keys\n");
}

static void a_file_has_a_largest_size(void **state)
{
    _cleanup_(buf_done) Buf text = {0};

    (void)state;
    put_file("rosterd.yaml", HEAD);
    buf_puts(&text, ROSTER "#");
    while (text.size < 8U * 1024 * 1024)
        buf_puts(&text, "################################################################");
    put_bytes("rosters.d/a.yaml", text.data, 8U * 1024 * 1024);
    expect_channels("payments");
    put_bytes("rosters.d/a.yaml", text.data, 8U * 1024 * 1024 + 1);
    expect_problems(
        "rosters.d/a.yaml:1:1: too large: more than 8 MiB, split it into several files\n");
}

/* Every mistake in every file, by file as read and then by place. */
static void all_mistakes_are_told_in_order(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD "interval: 1\nrosters: [z.yaml, a.yaml, b.yaml]\n");
    put_file("z.yaml", "version: 1\nchannels: [{name: one, members: [b, a, ' ', a]},\n"
                       "  {nam: x, guards: {max_deletes: 99}, members: []}]\n");
    put_file("a.yaml", "a: [\n");
    put_file("b.yaml", "version: 2\nchannels: [{name: one, members: [a]}]\n");
    expect_problems("rosterd.yaml:6:11: interval: no unit: \"1\", must be 1s to 1d (units: ms, s, "
                    "m, h, d, w); write 1s for seconds\n"
                    "z.yaml:2:40: channels[0].members[2]: not an address: \" \", must be "
                    "HOST:PORT, HOST or \"[IPV6]:PORT\"\n"
                    "z.yaml:2:45: channels[0].members[3]: duplicate member (first on line 2), keep "
                    "one of them\n"
                    "z.yaml:3:4: channels[1].nam: unknown key, did you mean \"name\"?\n"
                    "z.yaml:3:34: channels[1].guards.max_deletes: laxer than the settings: 99 "
                    "where they say 10, must be 10 or less (a roster can only be stricter)\n"
                    "z.yaml:3:48: channels[1].members: empty, must list members (or, to delete "
                    "them all, stand with allow_empty: true)\n"
                    "a.yaml:2:1: not YAML: value missing here\n"
                    "b.yaml:1:10: version: out of range: 2, must be 1\n"
                    "b.yaml:2:12: channels[0]: duplicate channel: \"one\" (first in z.yaml:2:12), "
                    "keep one of them\n");
}

/* Whatever a file holds, a mistake is one line. */
static void control_characters_do_not_forge_lines(void **state)
{
    (void)state;
    put_file("rosterd.yaml", HEAD);
    put_file("rosters.d/a\nb.yaml", "version: 1\nchannels: []\n\"x\\ny\": \"\\e[31m\"\n");
    expect_problems("rosters.d/a<U+000A>b.yaml:3:1: x<U+000A>y: unknown key, must be one of: "
                    "version, instance, channels\n");
}

static void after_a_failure_the_files_are_known(void **state)
{
    Problems problems = {0};
    Config *config = NULL;

    (void)state;
    put_file("rosterd.yaml", HEAD "rosters: [rosters.d, missing.yaml]\n");
    put_roster("rosters.d/a.yaml", "aaa");
    assert_int_equal(config_load("rosterd.yaml", &problems, &config), -EINVAL);
    assert_int_equal(problems.file_count, 4);
    assert_string_equal(problems.files[0], "rosterd.yaml");
    assert_string_equal(problems.files[1], "rosters.d");
    assert_string_equal(problems.files[2], "missing.yaml");
    assert_string_equal(problems.files[3], "rosters.d/a.yaml");
    problems_done(&problems);
}

/* More mistakes than anybody reads are counted. */
static void very_many_mistakes(void **state)
{
    _cleanup_(buf_done) Buf text = {0}, printed = {0};
    Problems problems = {0};
    Config *config = NULL;
    size_t lines = 0;

    (void)state;
    put_file("rosterd.yaml", HEAD);
    buf_puts(&text, "version: 1\nchannels:\n  - name: payments\n    members:\n");
    for (unsigned i = 0; i < 30000; i++)
        buf_puts(&text, "      - {hots: a}\n");
    put_bytes("rosters.d/a.yaml", text.data, text.size);
    assert_int_equal(config_load("rosterd.yaml", &problems, &config), -EINVAL);
    problems_print(&problems, &printed);
    for (size_t i = 0; i < printed.size; i++)
        lines += printed.data[i] == '\n';
    assert_int_equal(lines, PROBLEMS_KEPT_MAX + 1);
    assert_non_null(strstr(buf_text(&printed), "\n20000 more problems are not shown\n"));
    problems_done(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(directories_give_their_yaml_files),
        IN_DIRECTORY(subdirectories_are_not_gone_into),
        IN_DIRECTORY(entries_keep_their_order),
        IN_DIRECTORY(patterns_reach_over_directories),
        IN_DIRECTORY(a_pattern_does_not_step_back),
        IN_DIRECTORY(files_are_read_once),
        IN_DIRECTORY(links_are_followed),
        IN_DIRECTORY(a_name_with_wildcards_may_be_a_file),
        IN_DIRECTORY(settings_know_their_directory),
        IN_DIRECTORY(absolute_entries),
        IN_DIRECTORY(an_empty_directory_beside_others_is_fine),
        IN_DIRECTORY(what_names_no_file_is_doubted),
        IN_DIRECTORY(what_cannot_be_read_is_told_where_it_is_named),
        IN_DIRECTORY(what_permissions_refuse),
        IN_DIRECTORY(patterns_hide_no_mistake),
        IN_DIRECTORY(settings_that_cannot_be_read),
        IN_DIRECTORY(a_file_has_a_largest_size),
        IN_DIRECTORY(all_mistakes_are_told_in_order),
        IN_DIRECTORY(control_characters_do_not_forge_lines),
        IN_DIRECTORY(after_a_failure_the_files_are_known),
        IN_DIRECTORY(very_many_mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
