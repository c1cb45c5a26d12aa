/* SPDX-License-Identifier: MIT */
/* Mistakes as they are reported: at a value, at its key, at a map that lacks a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/schema/reader.h"
#include "daemon/base/mem.h"

/* A node as the parser makes it: `key: {...}` on line 3, its value on column 7. */
typedef struct Fixture {
    NodeKey *key;
    Node root, node;
    Problems problems;
    Arena arena;
    Reader reader;
} Fixture;

static void fixture_init(Fixture *fixture)
{
    *fixture = (Fixture){.key = calloc(1, sizeof(*fixture->key) + 4)};
    assert_non_null(fixture->key);
    fixture->key->line = 3;
    fixture->key->column = 2;
    memcpy(fixture->key->text, "key", 4);
    fixture->root = (Node){.kind = NODE_MAPPING, .line = 1, .column = 1};
    fixture->node = (Node){.kind = NODE_MAPPING,
                           .parent = &fixture->root,
                           .key = fixture->key,
                           .line = 3,
                           .column = 7};
    fixture->reader =
        (Reader){.file = "f", .arena = &fixture->arena, .problems = &fixture->problems};
}

static void fixture_done(Fixture *fixture)
{
    free(fixture->key);
    problems_done(&fixture->problems);
    arena_done(&fixture->arena);
}

static void expect(const Fixture *fixture, const char *expected)
{
    _cleanup_(buf_done) Buf text = {0};

    problems_print(&fixture->problems, &text);
    assert_string_equal(buf_text(&text), expected);
}

static void each_has_its_place(void **state)
{
    Fixture fixture;

    (void)state;
    fixture_init(&fixture);
    reader_problem(&fixture.reader, &fixture.node, "value %d", 1);
    assert_int_equal(fixture.problems.items[0].shows, PROBLEM_SHOWS_LINE);
    reader_problem_at_key(&fixture.reader, &fixture.node, "key %d", 2);
    assert_int_equal(fixture.problems.items[1].shows, PROBLEM_SHOWS_KEY);
    reader_problem_at_key(&fixture.reader, &fixture.root, "root %d", 3);
    reader_problem_missing(&fixture.reader, &fixture.node, "more", "missing %d", 4);
    reader_hide_line(&fixture.reader);
    assert_int_equal(fixture.problems.items[3].shows, PROBLEM_SHOWS_NOTHING);
    expect(&fixture, "f:1:1: root 3\n"
                     "f:3:2: key: key 2\n"
                     "f:3:7: key: value 1\n"
                     "f:3:7: key.more: missing 4\n");
    fixture_done(&fixture);
}

/* 1,023 bytes are told, and of more the first 1,020. */
static void long_ones_are_cut(void **state)
{
    char text[1100], expected[1200];

    (void)state;
    memset(text, 'x', sizeof(text));
    for (size_t size = 1022; size <= 1025; size++) {
        Fixture fixture;

        fixture_init(&fixture);
        reader_problem(&fixture.reader, &fixture.root, "%.*s", (int)size, text);
        snprintf(expected, sizeof(expected), "f:1:1: %.*s%s\n", size <= 1023 ? (int)size : 1020,
                 text, size <= 1023 ? "" : "...");
        expect(&fixture, expected);
        fixture_done(&fixture);
    }
}

static void texts_are_kept(void **state)
{
    Fixture fixture;
    char text[] = "abc";
    const char *kept;

    (void)state;
    fixture_init(&fixture);
    kept = reader_keep(&fixture.reader, text);
    text[0] = 'x';
    assert_string_equal(kept, "abc");
    assert_null(reader_keep(&fixture.reader, NULL));
    assert_false(problems_any(&fixture.problems));
    fixture_done(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_its_place),
        cmocka_unit_test(long_ones_are_cut),
        cmocka_unit_test(texts_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
