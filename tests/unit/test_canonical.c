/* SPDX-License-Identifier: MIT */
/* The canonical form to the byte: digests of it are kept in the state, and shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "config/schema/canonical.h"
#include "config/yaml/yaml.h"
#include "daemon/base/arena.h"
#include "daemon/base/mem.h"

/* Bytes as hexadecimal digits. */
static void expect_bytes(const Buf *buf, const char *expected)
{
    char hex[1024] = "";

    assert_true(buf_failed(buf) >= 0);
    assert_true(2 * buf->size < sizeof(hex));
    for (size_t i = 0; i < buf->size; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)buf->data[i]);
    assert_string_equal(hex, expected);
}

static void numbers(void **state)
{
    static const struct {
        uint64_t number;
        const char *bytes;
    } cases[] = {
        {0, "00"},        {1, "01"},          {0x7f, "7f"},
        {0x80, "8001"},   {0x81, "8101"},     {0xff, "ff01"},
        {0x3fff, "ff7f"}, {0x4000, "808001"}, {UINT64_MAX, "ffffffffffffffffff01"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        _cleanup_(buf_done) Buf narrow = {0}, wide = {0};

        canonical_put_number(&narrow, cases[i].number);
        expect_bytes(&narrow, cases[i].bytes);
        canonical_put_wide(&wide, cases[i].number);
        expect_bytes(&wide, cases[i].bytes);
    }
}

/* ---- trees ---- */

static void expect_tree(const char *yaml, const char *expected)
{
    _cleanup_(arena_done) Arena arena = {0};
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(buf_done) Buf buf = {0};
    const Node *root = NULL;

    assert_int_equal(yaml_parse("f", yaml, strlen(yaml), &arena, &problems, &root), 0);
    canonical_put_tree(&buf, root);
    expect_bytes(&buf, expected);
}

/* Kinds are 00 of a scalar, 01 of a list, 02 of a map, 03 of what was refused. */
static void trees(void **state)
{
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    canonical_put_tree(&buf, NULL);
    expect_bytes(&buf, "");
    expect_tree("ab", "00"
                      "01"
                      "026162");
    expect_tree("'ab'", "00"
                        "00"
                        "026162");
    expect_tree("''", "00"
                      "00"
                      "00");
    expect_tree("[]", "0100");
    expect_tree("{}", "0200");
    expect_tree("[a, [b]]", "0102"
                            "00010161"
                            "0101"
                            "00010162");
    expect_tree("{k: v, m: {n: ''}}", "0202"
                                      "00016b010176"
                                      "02016d01"
                                      "00016e0000");
    expect_tree("[a, *b, c]", "0103"
                              "00010161"
                              "0300"
                              "00010163");
}

/* ---- structs by their schema ---- */

typedef struct Inner {
    uint32_t number;
    const char *text;
} Inner;

typedef struct Outer {
    const char *text, *id, *path;
    uint32_t number, choice;
    uint64_t duration, time;
    bool truth;
    Inner inner;
    const Node *map, *list, *any, *names;
} Outer;

static void put_list(const void *target, Buf *buf)
{
    buf_puts(buf, ((const Outer *)target)->list ? "<list>" : "<none>");
}

static const SchemaKey inner_keys[] = {
    {.name = "number", .type = SCHEMA_UINT, .offset = offsetof(Inner, number)},
    {.name = "text", .type = SCHEMA_TEXT, .offset = offsetof(Inner, text)},
};

static const Schema inner_schema = {.keys = inner_keys, .count = ELEMENTS(inner_keys)};

static const SchemaKey outer_keys[] = {
    {.name = "text", .type = SCHEMA_TEXT, .offset = offsetof(Outer, text)},
    {.name = "id", .type = SCHEMA_ID, .offset = offsetof(Outer, id)},
    {.name = "path", .type = SCHEMA_PATH, .offset = offsetof(Outer, path)},
    {.name = "number", .type = SCHEMA_UINT, .offset = offsetof(Outer, number)},
    {.name = "choice", .type = SCHEMA_CHOICE, .offset = offsetof(Outer, choice)},
    {.name = "duration", .type = SCHEMA_DURATION, .offset = offsetof(Outer, duration)},
    {.name = "time", .type = SCHEMA_TIME, .offset = offsetof(Outer, time)},
    {.name = "truth", .type = SCHEMA_BOOL, .offset = offsetof(Outer, truth)},
    {.name = "inner",
     .type = SCHEMA_SECTION,
     .section = &inner_schema,
     .offset = offsetof(Outer, inner)},
    {.name = "map", .type = SCHEMA_MAP, .offset = offsetof(Outer, map)},
    {.name = "list", .type = SCHEMA_LIST, .offset = offsetof(Outer, list), .put = put_list},
    {.name = "any", .type = SCHEMA_ANY, .offset = offsetof(Outer, any)},
    {.name = "names",
     .type = SCHEMA_NAMES,
     .offset = offsetof(Outer, names),
     .put = canonical_put_nothing},
};

static const Schema outer_schema = {.keys = outer_keys, .count = ELEMENTS(outer_keys)};

static void expect_struct(const Outer *outer, uint32_t keys, const char *expected)
{
    _cleanup_(buf_done) Buf buf = {0};

    canonical_put(&buf, &outer_schema, keys, outer);
    expect_bytes(&buf, expected);
}

static void structs(void **state)
{
    const Node scalar = {.kind = NODE_SCALAR, .text = "x", .size = 1};
    const Outer full = {.text = "a",
                        .id = "b",
                        .path = "/",
                        .number = 0x80,
                        .choice = 2,
                        .duration = UINT64_C(1) << 35,
                        .time = 3,
                        .truth = true,
                        .inner = {.number = 4, .text = "c"},
                        .map = &scalar,
                        .list = &scalar,
                        .any = &scalar,
                        .names = &scalar};
    const Outer empty = {0};

    (void)state;
    expect_struct(&full, CANONICAL_ALL,
                  "010161"
                  "020162"
                  "03012f"
                  "048001"
                  "0502"
                  "06808080808001"
                  "0703"
                  "0801"
                  "090104"
                  "020163"
                  "00"
                  "0a00000178"
                  "0b3c6c6973743e"
                  "0c00000178"
                  "0d"
                  "00");
    expect_struct(&empty, CANONICAL_ALL,
                  "0400"
                  "0500"
                  "0600"
                  "0700"
                  "0800"
                  "090100"
                  "00"
                  "0a"
                  "0b3c6e6f6e653e"
                  "0c"
                  "0d"
                  "00");
    /* Keys whose bit is not set are no part of it. */
    expect_struct(&full, 0, "00");
    expect_struct(&full, SCHEMA_BIT(0) | SCHEMA_BIT(12),
                  "010161"
                  "0d"
                  "00");
    expect_struct(&full, SCHEMA_BIT(3),
                  "048001"
                  "00");
}

/* ---- lists in no order ---- */

static void lists_in_no_order(void **state)
{
    static const char *const words[] = {"b", "", "ab", "a", "b", "\xff"};
    static const char *const expected[] = {
        "00",
        "010162",
        "02000162",
        "03000261620162",
        "040001610261620162",
        "0500016102616201620162",
        "060001610261620162016201ff",
    };

    (void)state;
    for (size_t count = 0; count <= ELEMENTS(words); count++) {
        _cleanup_(canonical_items_done) CanonicalItems forth = {0}, back = {0};
        _cleanup_(buf_done) Buf first = {0}, second = {0};

        for (size_t i = 0; i < count; i++) {
            canonical_items_add_bytes(&forth, words[i], strlen(words[i]));
            canonical_items_add_bytes(&back, words[count - 1 - i], strlen(words[count - 1 - i]));
        }
        canonical_items_put(&first, &forth);
        canonical_items_put(&second, &back);
        expect_bytes(&first, expected[count]);
        expect_bytes(&second, expected[count]);
    }
}

static void entries_by_their_schema(void **state)
{
    static const Inner one = {.number = 1, .text = "x"}, two = {.number = 0, .text = NULL};
    _cleanup_(canonical_items_done) CanonicalItems items = {0};
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    canonical_items_add(&items, &inner_schema, CANONICAL_ALL, &one);
    canonical_items_add(&items, &inner_schema, CANONICAL_ALL, &two);
    canonical_items_put(&buf, &items);
    expect_bytes(&buf, "02"
                       "03"
                       "010000"
                       "06"
                       "010102017800");
}

static void want_of_memory_is_told(void **state)
{
    _cleanup_(canonical_items_done) CanonicalItems items = {.bytes = {.failed = true}};
    _cleanup_(buf_done) Buf buf = {0};
    char hex[DIGEST_HEX_SIZE];

    (void)state;
    canonical_items_put(&buf, &items);
    assert_true(canonical_digest(&buf, hex) < 0);
}

static void digests(void **state)
{
    _cleanup_(buf_done) Buf buf = {0};
    char hex[DIGEST_HEX_SIZE];

    (void)state;
    assert_int_equal(canonical_digest(&buf, hex), 0);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    buf_puts(&buf, "abc");
    assert_int_equal(canonical_digest(&buf, hex), 0);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(trees),
        cmocka_unit_test(structs),
        cmocka_unit_test(lists_in_no_order),
        cmocka_unit_test(entries_by_their_schema),
        cmocka_unit_test(want_of_memory_is_told),
        cmocka_unit_test(digests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
