/* SPDX-License-Identifier: MIT */
/* Whether files stayed as they were between two looks, and whether they have been still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/load/sources.h"
#include "tests/scratch.h"

#define NOW (UINT64_C(1795532645) * USEC_PER_SEC)
#define NOW_SEC ((time_t)1795532645)

static struct stat status_at(time_t written, time_t changed)
{
    return (struct stat){.st_dev = 1,
                         .st_ino = 2,
                         .st_size = 3,
                         .st_mtim = {.tv_sec = written, .tv_nsec = 4},
                         .st_ctim = {.tv_sec = changed, .tv_nsec = 5}};
}

static void add(Sources *sources, const char *path, struct stat status)
{
    assert_int_equal(sources_add(sources, path, &status), 0);
}

/* ---- what is the same ---- */

static void assert_differ(const Sources *a, const Sources *b, const char *path)
{
    const char *found = NULL;

    assert_false(sources_equal(a, b, &found));
    assert_string_equal(found ? found : "none", path);
    assert_false(sources_equal(b, a, NULL));
}

static void assert_same(const Sources *a, const Sources *b)
{
    const char *found = "none";

    assert_true(sources_equal(a, b, &found));
    assert_string_equal(found, "none");
    assert_true(sources_equal(a, b, NULL));
}

static void test_what_has_changed_is_named(void **state)
{
    const struct stat before = status_at(NOW_SEC, NOW_SEC);
    struct stat after[] = {before, before, before, before, before, before, before};

    (void)state;
    after[0].st_dev++;
    after[1].st_ino++;
    after[2].st_size++;
    after[3].st_mtim.tv_sec++;
    after[4].st_mtim.tv_nsec++;
    after[5].st_ctim.tv_sec++;
    after[6].st_ctim.tv_nsec++;
    for (size_t i = 0; i < ELEMENTS(after); i++) {
        Sources a = {0}, b = {0};

        add(&a, "settings", before);
        add(&b, "settings", before);
        add(&a, "roster", before);
        assert_differ(&a, &b, "roster");
        assert_differ(&b, &a, "roster");
        add(&b, "roster", after[i]);
        assert_differ(&a, &b, "roster");
        sources_done(&a);
        sources_done(&b);
    }
}

static void test_what_cannot_be_looked_at_is_compared_too(void **state)
{
    Sources a = {0}, b = {0}, c = {0}, d = {0};

    (void)state;
    assert_same(&a, &b);
    add(&a, "settings", status_at(NOW_SEC, NOW_SEC));
    add(&b, "settings", status_at(NOW_SEC, NOW_SEC));
    assert_same(&a, &b);
    add(&a, "other", status_at(NOW_SEC, NOW_SEC));
    add(&b, "another", status_at(NOW_SEC, NOW_SEC));
    assert_differ(&a, &b, "another");
    assert_int_equal(sources_add_missing(&c, "settings", ENOENT), 0);
    assert_int_equal(sources_add_missing(&d, "settings", EACCES), 0);
    assert_differ(&c, &d, "settings");
    assert_differ(&a, &c, "settings");
    sources_done(&a);
    sources_done(&b);
    sources_done(&c);
    sources_done(&d);
}

/* ---- how long it has been still ---- */

static bool are_young(time_t written, time_t changed, uint64_t now_usec)
{
    Sources sources = {0};
    bool is_young;

    add(&sources, "settings", status_at(1, 1));
    add(&sources, "roster", status_at(written, changed));
    is_young = sources_are_young(&sources, now_usec);
    sources_done(&sources);
    return is_young;
}

/* Written then, and changed long ago; and the other way round. */
static bool are_young_at(struct timespec time, uint64_t now_usec)
{
    struct stat status = status_at(1, 1), other = status_at(1, 1);
    Sources written = {0}, changed = {0};
    bool is_young;

    status.st_mtim = other.st_ctim = time;
    add(&written, "roster", status);
    add(&changed, "roster", other);
    is_young = sources_are_young(&written, now_usec);
    assert_int_equal(sources_are_young(&changed, now_usec), is_young);
    sources_done(&written);
    sources_done(&changed);
    return is_young;
}

static void test_what_was_written_a_moment_ago_is_young(void **state)
{
    const uint64_t still_usec = SOURCES_STILL_USEC;

    (void)state;
    assert_true(are_young(NOW_SEC, 1, NOW));
    assert_true(are_young(1, NOW_SEC, NOW));
    assert_true(are_young(NOW_SEC, 1, NOW + still_usec));
    assert_true(are_young(1, NOW_SEC, NOW + still_usec));
    assert_false(are_young(NOW_SEC, NOW_SEC, NOW + still_usec + 1));
    assert_true(are_young(NOW_SEC + 3600, 1, NOW));
    assert_true(are_young(1, NOW_SEC + 3600, NOW));
    /* What was written to the nanosecond so long ago is still. */
    assert_false(are_young_at((struct timespec){NOW_SEC, 0}, NOW + still_usec));
    assert_true(are_young_at((struct timespec){NOW_SEC, 1}, NOW + still_usec));
    /* Times beyond all bounds. */
    assert_true(are_young(INT64_MAX, 1, NOW));
    assert_false(are_young(INT64_MIN, INT64_MIN, NOW));
}

static void test_what_is_missing_is_not_young(void **state)
{
    Sources sources = {0};

    (void)state;
    assert_false(sources_are_young(&sources, NOW));
    assert_int_equal(sources_add_missing(&sources, "settings", ENOENT), 0);
    assert_false(sources_are_young(&sources, 0));
    sources_done(&sources);
}

static void test_a_name_that_came_a_moment_ago_is_young(void **state)
{
    char directory[SCRATCH_SIZE];
    uint64_t now_usec;
    struct stat status;
    Sources sources = {0};

    (void)state;
    assert_true(scratch_make(directory, "/tmp", "test_sources"));
    assert_int_equal(stat(directory, &status), 0);
    now_usec =
        (uint64_t)status.st_ctim.tv_sec * USEC_PER_SEC + (uint64_t)status.st_ctim.tv_nsec / 1000;
    assert_int_equal(sources_add_listing(&sources, "/nowhere", NULL), 0);
    assert_false(sources_are_young(&sources, now_usec));
    assert_int_equal(sources_add_listing(&sources, directory, "*.yml"), 0);
    assert_true(sources_are_young(&sources, now_usec));
    assert_true(sources_are_young(&sources, now_usec + SOURCES_STILL_USEC - 1));
    assert_false(sources_are_young(&sources, now_usec + SOURCES_STILL_USEC + 1));
    assert_string_equal(sources.listings[1].pattern, "*.yml");
    assert_null(sources.listings[0].pattern);
    sources_done(&sources);
    scratch_remove(directory);
}

static void test_what_is_old(void **state)
{
    const uint64_t old_usec = SOURCES_OLD_USEC;
    struct stat status = status_at(NOW_SEC, NOW_SEC);

    (void)state;
    status.st_mtim.tv_nsec = status.st_ctim.tv_nsec = 0;
    assert_true(sources_is_old(&status, NOW + old_usec));
    assert_false(sources_is_old(&status, NOW + old_usec - 1));
    status.st_mtim.tv_nsec = 1;
    assert_false(sources_is_old(&status, NOW + old_usec));
    assert_true(sources_is_old(&status, NOW + old_usec + 1));
    status.st_mtim.tv_nsec = 0;
    status.st_ctim.tv_nsec = 1;
    assert_false(sources_is_old(&status, NOW + old_usec));
    status.st_ctim.tv_sec -= 10;
    assert_true(sources_is_old(&status, NOW + old_usec));
    status.st_mtim.tv_sec += 3600;
    assert_false(sources_is_old(&status, NOW + old_usec));
}

static void test_what_is_the_same_file(void **state)
{
    const struct stat before = status_at(NOW_SEC, NOW_SEC);
    struct stat after[] = {before, before, before, before, before, before, before};

    (void)state;
    after[0].st_dev++;
    after[1].st_ino++;
    after[2].st_size++;
    after[3].st_mtim.tv_sec++;
    after[4].st_mtim.tv_nsec++;
    after[5].st_ctim.tv_sec++;
    after[6].st_ctim.tv_nsec++;
    assert_true(sources_is_same(&before, &before));
    for (size_t i = 0; i < ELEMENTS(after); i++)
        assert_false(sources_is_same(&before, &after[i]));
}

/* ---- what is looked at ---- */

static void test_a_look_begins_with_the_settings(void **state)
{
    char directory[SCRATCH_SIZE], path[SCRATCH_SIZE + 16];
    Sources sources = {0}, again = {0};
    FILE *file;

    (void)state;
    assert_true(scratch_make(directory, "/tmp", "test_sources"));
    snprintf(path, sizeof(path), "%s/settings", directory);
    assert_int_equal(sources_begin(&sources, path), 0);
    assert_string_equal(sources.settings, path);
    assert_int_equal(sources.stamp_count, 1);
    assert_int_equal(sources.stamps[0].error, ENOENT);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("12345", file);
    fclose(file);
    assert_int_equal(sources_begin(&again, path), 0);
    assert_int_equal(again.stamps[0].error, 0);
    assert_int_equal(again.stamps[0].size, 5);
    assert_differ(&sources, &again, path);
    assert_int_equal(sources_note_unread(&again, "first"), 0);
    assert_int_equal(sources_note_unread(&again, "second"), 0);
    assert_string_equal(again.unread, "first");
    sources_done(&sources);
    sources_done(&again);
    scratch_remove(directory);
}

static void test_names_are_copied(void **state)
{
    RosterEntry items[] = {{.text = "rosters.d", .path = "rosters[0]", .line = 3, .column = 5},
                           {.text = "more", .path = "rosters[1]", .line = 4, .column = 7}};
    const RosterEntries entries = {.items = items, .count = 2};
    Sources sources = {0}, names = {0};

    (void)state;
    assert_int_equal(sources_begin(&sources, "/nowhere/settings"), 0);
    assert_int_equal(sources_keep_entries(&sources, &entries), 0);
    assert_int_equal(sources_add_zone(&sources, "/zones/one"), 0);
    assert_int_equal(sources_add_zone(&sources, "/zones/two"), 0);
    assert_int_equal(sources_copy_names(&sources, &names), 0);
    sources_done(&sources);
    assert_string_equal(names.settings, "/nowhere/settings");
    assert_int_equal(names.stamp_count, 0);
    assert_int_equal(names.zone_count, 2);
    assert_string_equal(names.zones[1], "/zones/two");
    assert_string_equal(names.zones[0], "/zones/one");
    assert_int_equal(names.entries.count, 2);
    for (size_t i = 0; i < names.entries.count; i++) {
        assert_string_equal(names.entries.items[i].text, items[i].text);
        assert_string_equal(names.entries.items[i].path, items[i].path);
        assert_int_equal(names.entries.items[i].line, items[i].line);
        assert_int_equal(names.entries.items[i].column, items[i].column);
    }
    sources_done(&names);
}

static void test_which_names_can_be_rosters(void **state)
{
    (void)state;
    assert_true(sources_name_fits(NULL, "a.yaml"));
    assert_true(sources_name_fits(NULL, "a.yml"));
    assert_false(sources_name_fits(NULL, "a.txt"));
    assert_false(sources_name_fits(NULL, "a.yaml~"));
    assert_false(sources_name_fits(NULL, ".a.yaml"));
    assert_false(sources_name_fits(NULL, ".yaml"));
    assert_false(sources_name_fits(NULL, "yaml"));
    assert_true(sources_name_fits("team-*", "team-a"));
    assert_false(sources_name_fits("team-*", "other"));
    assert_false(sources_name_fits("*", ".hidden"));
    assert_true(sources_name_fits(".h*", ".hidden"));
    assert_false(sources_name_fits(".*", "."));
    assert_false(sources_name_fits(".*", ".."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_has_changed_is_named),
        cmocka_unit_test(test_what_cannot_be_looked_at_is_compared_too),
        cmocka_unit_test(test_what_was_written_a_moment_ago_is_young),
        cmocka_unit_test(test_what_is_missing_is_not_young),
        cmocka_unit_test(test_a_name_that_came_a_moment_ago_is_young),
        cmocka_unit_test(test_what_is_old),
        cmocka_unit_test(test_what_is_the_same_file),
        cmocka_unit_test(test_a_look_begins_with_the_settings),
        cmocka_unit_test(test_names_are_copied),
        cmocka_unit_test(test_which_names_can_be_rosters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
