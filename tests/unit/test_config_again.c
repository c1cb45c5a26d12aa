/* SPDX-License-Identifier: MIT */
/* Loading again: what was read of a roster file serves again only where reading it would give the
 * same, mistakes of several files included. */
#include "tests/unit/test_config.h"

#include "daemon/base/clock.h"
#include "daemon/base/str.h"

#define SEEDS 150
#define EDITS 12
#define FILES 5
#define HOUR_USEC (3600 * USEC_PER_SEC)

/* What one load gave. */
typedef struct Loaded {
    Config *config;
    Sources sources;
    RosterReadings readings;
    Problems problems;
    int result;
} Loaded;

/* `later_usec` from now, as the files see it: an hour makes all of them old. */
static Loaded load_again(const Loaded *before, uint64_t later_usec)
{
    const LoadTerms terms = {.realtime_usec = clock_realtime_usec() + later_usec,
                             .before = before ? &before->readings : NULL};
    Loaded loaded = {0};

    loaded.result = config_load_again("rosterd.yaml", &terms, &loaded.sources, &loaded.readings,
                                      &loaded.problems, &loaded.config);
    return loaded;
}

static void leave(Loaded *loaded)
{
    config_free(loaded->config);
    sources_done(&loaded->sources);
    roster_readings_done(&loaded->readings);
    problems_done(&loaded->problems);
    *loaded = (Loaded){0};
}

static void put_two_rosters(void)
{
    put_file("rosterd.yaml", HEAD "rosters: [rosters.d]\n");
    put_file("rosters.d/a.yaml",
             "version: 1\nchannels:\n  - {name: abc, members: ['10.0.0.1:80']}\n");
    put_file("rosters.d/b.yaml",
             "version: 1\nchannels:\n  - {name: bcd, members: ['10.0.0.2:80']}\n");
}

static void test_only_what_changed_is_read(void **state)
{
    Loaded first, second;

    (void)state;
    put_two_rosters();
    first = load_again(NULL, HOUR_USEC);
    assert_int_equal(first.result, 0);
    put_file("rosters.d/b.yaml",
             "version: 1\nchannels:\n  - {name: bcd, members: ['10.0.0.2:80', '10.0.0.3:80']}\n");
    second = load_again(&first, HOUR_USEC);
    assert_int_equal(second.result, 0);
    assert_ptr_equal(second.config->channels[0].members, first.config->channels[0].members);
    assert_int_equal(second.config->channels[1].member_count, 2);
    assert_int_equal(second.problems.document_count, 3);
    leave(&first);
    assert_string_equal(second.config->channels[0].members[0].address, "10.0.0.1");
    assert_string_equal(second.config->channels[0].file, "rosters.d/a.yaml");
    leave(&second);
}

/* A comment moves what follows it, and takes no memory for what says the same. */
static void test_a_comment_moves_lines_alone(void **state)
{
    Loaded first, second, third;

    (void)state;
    put_two_rosters();
    first = load_again(NULL, HOUR_USEC);
    put_file("rosters.d/a.yaml",
             "# why\nversion: 1\nchannels:\n  - {name: abc, members: ['10.0.0.1:80']}\n");
    second = load_again(&first, HOUR_USEC);
    assert_ptr_equal(second.config->channels[0].members, first.config->channels[0].members);
    assert_int_equal(first.config->channels[0].line, 3);
    assert_int_equal(second.config->channels[0].line, 4);
    roster_readings_keep_shared(&second.readings, first.config);
    assert_int_equal(second.readings.count, 2);
    leave(&first);
    third = load_again(&second, HOUR_USEC);
    assert_ptr_equal(third.config->channels[0].members, second.config->channels[0].members);
    leave(&second);
    assert_string_equal(third.config->channels[0].members[0].address, "10.0.0.1");
    leave(&third);
}

#define CHANNELS 60

/* Channels that each have a name and a member of their own, below a comment of so many lines. */
static void put_many_channels(size_t comments)
{
    _cleanup_(buf_done) Buf text = {0};

    buf_printf(&text, "%.*sversion: 1\nchannels:\n", (int)comments * 2, "#\n#\n");
    for (size_t i = 0; i < CHANNELS; i++)
        buf_printf(&text, "  - {name: channel-%zu, members: ['10.0.0.%zu:80']}\n", i, i + 1);
    put_file("rosters.d/a.yaml", buf_text(&text));
}

static void test_a_comment_moves_all_channels_of_its_file(void **state)
{
    Loaded before;

    (void)state;
    put_two_rosters();
    put_many_channels(0);
    before = load_again(NULL, HOUR_USEC);
    for (size_t comments = 1; comments <= 2; comments++) {
        Loaded again;

        put_many_channels(comments);
        again = load_again(&before, HOUR_USEC);
        assert_int_equal(again.config->channel_count, CHANNELS + 1);
        for (size_t i = 0; i < CHANNELS; i++) {
            const RosterChannel *channel = &again.config->channels[i];
            char name[32], address[32];

            snprintf(name, sizeof(name), "channel-%zu", i);
            snprintf(address, sizeof(address), "10.0.0.%zu", i + 1);
            assert_string_equal(channel->name, name);
            assert_string_equal(channel->members[0].address, address);
            assert_int_equal(channel->line, 3 + comments + i);
            assert_ptr_equal(channel->members, before.config->channels[i].members);
        }
        leave(&before);
        before = again;
    }
    leave(&before);
}

/* What is not shared with the set in force is let go, and read again next time. */
static void test_two_sets_are_not_kept(void **state)
{
    Loaded first, second;

    (void)state;
    put_two_rosters();
    put_file("rosters.d/a.yaml", "version: 1\nchannels:\n  - {name: abc, members: [a, b]}\n");
    first = load_again(NULL, HOUR_USEC);
    put_file("rosters.d/a.yaml", "version: 1\nchannels:\n  - {name: abc, members: [b, a]} #\n");
    second = load_again(&first, HOUR_USEC);
    assert_string_equal(second.config->set.digest, first.config->set.digest);
    assert_string_equal(second.config->channels[0].members[0].address, "b");
    roster_readings_keep_shared(&second.readings, first.config);
    assert_int_equal(second.readings.count, 1);
    assert_string_equal(second.readings.items[0]->path, "rosters.d/b.yaml");
    leave(&first);
    leave(&second);
}

/* Other settings may make something else of the same roster; a comment in them does not. */
static void test_other_settings_read_all(void **state)
{
    Loaded first, second, third;

    (void)state;
    put_two_rosters();
    first = load_again(NULL, HOUR_USEC);
    put_file("rosterd.yaml", HEAD "# rosters\nrosters: [rosters.d]\n");
    second = load_again(&first, HOUR_USEC);
    assert_ptr_equal(second.config->channels[1].members, first.config->channels[1].members);
    put_file("rosterd.yaml", HEAD "rosters: [rosters.d]\nguards: {max_deletes: 3}\n");
    third = load_again(&second, HOUR_USEC);
    assert_int_equal(third.config->channels[1].guards.limits[GUARD_MAX_DELETES], 3);
    leave(&first);
    leave(&second);
    leave(&third);
}

/* Files that were written just before they were read may be written again without another time. */
static void test_what_was_young_is_read_again(void **state)
{
    (void)state;
    put_two_rosters();
    for (char digit = '1'; digit <= '9'; digit++) {
        char text[] = "version: 1\nchannels:\n  - {name: bcd, members: ['10.0.0.2:80']}\n";
        Loaded first = load_again(NULL, 0), second;

        *strstr(text, "2:80") = digit;
        put_file("rosters.d/b.yaml", text);
        second = load_again(&first, HOUR_USEC);
        assert_int_equal(second.result, 0);
        assert_int_equal(second.config->channels[1].members[0].address[7], digit);
        assert_ptr_not_equal(second.readings.items[0], first.readings.items[0]);
        leave(&first);
        leave(&second);
    }
}

static void test_young_files_are_not_read_by_who_wants_them_still(void **state)
{
    LoadTerms terms = {.realtime_usec = clock_realtime_usec(), .only_still = true};
    Loaded loaded = {0};

    (void)state;
    put_two_rosters();
    terms.realtime_usec = clock_realtime_usec();
    assert_int_equal(config_load_again("rosterd.yaml", &terms, &loaded.sources, &loaded.readings,
                                       &loaded.problems, &loaded.config),
                     -EAGAIN);
    assert_null(loaded.config);
    assert_false(problems_any(&loaded.problems));
    assert_int_equal(loaded.readings.count, 0);
    leave(&loaded);
    terms.realtime_usec += HOUR_USEC;
    assert_int_equal(config_load_again("rosterd.yaml", &terms, &loaded.sources, &loaded.readings,
                                       &loaded.problems, &loaded.config),
                     0);
    leave(&loaded);
}

/* ---- edits made of seeds ---- */

static uint64_t random_state;

static size_t below(size_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(random_state >> 33) % bound;
}

/* A file is longer each time, so that it differs whatever the clock of the file system says. */
static void put_longer(const char *path, Buf *text)
{
    static size_t size = 0;

    for (size = size < 4000 ? size + 1 : text->size; text->size < size;)
        buf_puts(text, "#\n");
    put_file(path, buf_text(text));
}

static void put_some_channel(Buf *text)
{
    static const char *const members[] = {
        "[a, b]",       "[b, a]",        "['10.0.0.1:80', '10.0.0.2:80']",
        "['10.0.0.1']", "[a, a]",        "[{host: a, weight: 3}]",
        "[~]",          "['010.1.0.5']", "[{ecs_id: e1, group: g}]",
    };
    static const char *const more[] = {
        "",
        ", guards: {max_deletes: 2}",
        ", guards: {max_deletes: 2000}",
        ", paused: later",
        ", ignore: [{host: a}, {port: 80}]",
        ", mode: sync",
        ", freezes: [{from: 2030-01-01T00:00:00Z, to: 2030-01-02T00:00:00Z}]",
        ", windows: [{days: [mon], from: '08:00', to: '09:00', zone: UTC}]",
    };

    buf_printf(text, "  - {name: channel-%zu, members: %s%s}\n", below(90),
               members[below(below(20) ? 4 : ELEMENTS(members))],
               more[below(below(6) ? 1 : ELEMENTS(more))]);
}

static void put_some_roster(size_t number)
{
    _cleanup_(buf_done) Buf text = {0};
    char path[64];

    snprintf(path, sizeof(path), "rosters.d/%zu.yaml", number);
    if (below(12) == 0) {
        unlink(path);
        return;
    }
    if (below(3) == 0)
        buf_puts(&text, "# a comment\n");
    buf_puts(&text, below(40) ? "version: 1\n" : "version: 2\n");
    buf_puts(&text, below(40) ? "instance: prod\n" : "instance: test\n");
    buf_puts(&text, "channels:\n");
    for (size_t i = 0; i <= below(2); i++)
        put_some_channel(&text);
    put_longer(path, &text);
}

static void put_some_settings(void)
{
    static const char *const more[] = {"", "# a comment\n", "interval: 30s\n", "intervall: 1\n",
                                       "guards: {max_deletes: 1}\n"};
    _cleanup_(buf_done) Buf text = {0};

    buf_puts(&text, below(4) ? HEAD : HEAD TEST);
    buf_puts(&text, below(20) ? "rosters: [rosters.d]\n" : "rosters: [rosters.d, nowhere.yaml]\n");
    buf_puts(&text, more[below(below(4) ? 3 : ELEMENTS(more))]);
    put_longer("rosterd.yaml", &text);
}

static void expect_same_channel(const RosterChannel *a, const RosterChannel *b)
{
    assert_string_equal(a->canonical, b->canonical);
    assert_string_equal(a->file, b->file);
    assert_int_equal(a->line, b->line);
    assert_int_equal(a->column, b->column);
    assert_int_equal(a->instance, b->instance);
    assert_int_equal(a->pause ? a->pause->line : 0, b->pause ? b->pause->line : 0);
    assert_int_equal(a->member_count, b->member_count);
    for (size_t i = 0; i < a->member_count; i++) {
        assert_string_equal(a->members[i].address, b->members[i].address);
        assert_int_equal(a->members[i].weight, b->members[i].weight);
        assert_int_equal(member_index_find(&a->index, a->members, b->members[i].is_ecs,
                                           config_member_group(&b->members[i]),
                                           b->members[i].address, b->members[i].port),
                         i);
    }
    assert_int_equal(a->ignore_count, b->ignore_count);
    for (size_t i = 0; i < a->ignore_count; i++)
        assert_int_equal(a->ignore[i].has_port, b->ignore[i].has_port);
}

static void expect_same(const Loaded *a, const Loaded *b)
{
    Buf left = {0}, right = {0};

    assert_int_equal(a->result, b->result);
    problems_print(&a->problems, &left);
    problems_print(&b->problems, &right);
    assert_string_equal(buf_text(&left), buf_text(&right));
    assert_int_equal(a->problems.document_count, b->problems.document_count);
    assert_int_equal(a->problems.file_count, b->problems.file_count);
    assert_true(sources_equal(&a->sources, &b->sources, NULL));
    buf_done(&left);
    buf_done(&right);
    if (!a->config)
        return;
    assert_string_equal(a->config->set.digest, b->config->set.digest);
    assert_int_equal(a->config->channel_count, b->config->channel_count);
    for (size_t i = 0; i < a->config->channel_count; i++)
        expect_same_channel(&a->config->channels[i], &b->config->channels[i]);
}

static size_t count_shared(const Loaded *before, const Loaded *again)
{
    size_t count = 0;

    for (size_t i = 0; i < again->readings.count; i++) {
        for (size_t k = 0; k < before->readings.count; k++)
            count += again->readings.items[i] == before->readings.items[k];
    }
    return count;
}

static void test_loading_again_gives_what_loading_gives(void **state)
{
    size_t shared = 0, valid = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        Loaded before = {0};

        random_state = seed * 77777;
        put_some_settings();
        for (size_t i = 0; i < FILES; i++)
            put_some_roster(i);
        for (size_t edit = 0; edit < EDITS; edit++) {
            Loaded again = load_again(&before, HOUR_USEC), anew = load_again(NULL, HOUR_USEC);

            expect_same(&again, &anew);
            shared += count_shared(&before, &again);
            valid += again.config != NULL;
            leave(&anew);
            leave(&before);
            before = again;
            if (below(8) == 0)
                put_some_settings();
            else
                put_some_roster(below(FILES));
        }
        leave(&before);
    }
    assert_true(shared > SEEDS && valid > SEEDS);
}

int main(void)
{
#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(test_only_what_changed_is_read),
        IN_DIRECTORY(test_a_comment_moves_lines_alone),
        IN_DIRECTORY(test_a_comment_moves_all_channels_of_its_file),
        IN_DIRECTORY(test_two_sets_are_not_kept),
        IN_DIRECTORY(test_other_settings_read_all),
        IN_DIRECTORY(test_what_was_young_is_read_again),
        IN_DIRECTORY(test_young_files_are_not_read_by_who_wants_them_still),
        IN_DIRECTORY(test_loading_again_gives_what_loading_gives),
    };
#undef IN_DIRECTORY

    return cmocka_run_group_tests(tests, NULL, NULL);
}
