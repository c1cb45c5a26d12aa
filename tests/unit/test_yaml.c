/* SPDX-License-Identifier: MIT */
/* Reading YAML: what becomes a node, where, and what of YAML is refused. */
#include "tests/unit/test_config.h"

#include "config/yaml/yaml.h"
#include "daemon/base/arena.h"

typedef struct Outcome {
    Arena arena;
    Problems problems;
    const Node *root;
    Buf printed;
} Outcome;

static int outcome_parse(Outcome *outcome, const char *text, size_t size)
{
    int r;

    *outcome = (Outcome){0};
    r = yaml_parse("f", text, size, &outcome->arena, &outcome->problems, &outcome->root);
    problems_print(&outcome->problems, &outcome->printed);
    return r;
}

static void outcome_done(Outcome *outcome)
{
    arena_done(&outcome->arena);
    problems_done(&outcome->problems);
    buf_done(&outcome->printed);
}

static void nodes_know_what_and_where(void **state)
{
    static const char text[] = "a: 1\n"
                               "'b': \"x\\ty\"\n"
                               "c:\n"
                               "  - ~\n"
                               "  - {d\xc3\xa9: e, f: }\n";
    const Node *node;
    Outcome outcome;

    (void)state;
    assert_int_equal(outcome_parse(&outcome, text, strlen(text)), 0);
    assert_int_equal(outcome.root->kind, NODE_MAPPING);
    assert_int_equal(outcome.root->size, 3);
    node = node_find(outcome.root, "a");
    assert_true(node->plain);
    assert_string_equal(node->text, "1");
    assert_int_equal(node->line, 1);
    assert_int_equal(node->column, 4);
    node = node_find(outcome.root, "b");
    assert_false(node->plain);
    assert_string_equal(node->text, "x\ty");
    assert_int_equal(node->key->line, 2);
    assert_int_equal(node->key->column, 1);
    node = node_find(outcome.root, "c");
    assert_int_equal(node->kind, NODE_SEQUENCE);
    assert_true(node_is_null(node->first));
    node = node_find(node->first->next, "f");
    assert_true(node_is_null(node));
    assert_int_equal(node->key->line, 5);
    assert_int_equal(node->key->column, 13); /* in characters: the e with its accent is one */
    node_path(node, NULL, &outcome.printed);
    assert_string_equal(buf_text(&outcome.printed), "c[1].f");
    assert_null(node_find(outcome.root, "x"));
    outcome_done(&outcome);
}

static void null_is_plain(void **state)
{
    static const char text[] = "[~, null, Null, NULL, '', '~', nUll, \"null\", nulls, [], {}]";
    Outcome outcome;
    size_t nulls = 0;

    (void)state;
    assert_int_equal(outcome_parse(&outcome, text, strlen(text)), 0);
    for (const Node *node = outcome.root->first; node; node = node->next)
        nulls += node_is_null(node);
    assert_int_equal(nulls, 4);
    outcome_done(&outcome);
}

/* What is reported, and that the rest of the file is read all the same. */
static void what_is_refused_and_read_on(void **state)
{
    static const char *const cases[][2] = {
        {"a: 1\nb: 2\na: 3\n", "f:3:1: a: stands here again, should be there once (first in line "
                               "1)\n"},
        {"x: [{a: 1, a: {b: 1, b: 2}}]\n",
         "f:1:12: x[0].a: stands here again, should be there once (first in line 1)\n"
         "f:1:22: x[0].a.b: stands here again, should be there once (first in line 1)\n"},
        {"a: &x 1\n", "f:1:4: a: has an anchor, should have none\n"},
        {"- &x {a: 1}\n- *x\n", "f:1:3: [0]: has an anchor, should have none\n"
                                "f:2:3: [1]: is an alias, should be written out\n"},
        {"&x [1]\n", "f:1:1: has an anchor, should have none\n"},
        {"a: !!str 1\n", "f:1:4: a: has a tag, should have none\n"},
        {"a: ! 1\n", "f:1:4: a: has a tag, should have none\n"},
        {"a: !x {b: !y [1]}\n", "f:1:4: a: has a tag, should have none\n"
                                "f:1:11: a.b: has a tag, should have none\n"},
        {"&x a: 1\n", "f:1:1: has an anchor, should have none\n"},
        {"a: \"b\\0c\"\n", "f:1:4: a: holds a NUL character, should be text\n"},
        {"a: &self [*self]\n", "f:1:4: a: has an anchor, should have none\n"
                               "f:1:11: a[0]: is an alias, should be written out\n"},
        {"<<: 1\n<<: 2\n",
         "f:2:1: <<: stands here again, should be there once (first in line 1)\n"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        Outcome outcome;

        assert_int_equal(outcome_parse(&outcome, cases[i][0], strlen(cases[i][0])), 0);
        assert_string_equal(buf_text(&outcome.printed), cases[i][1]);
        assert_non_null(outcome.root);
        outcome_done(&outcome);
    }
}

static void what_ends_the_reading(void **state)
{
    static const char *const cases[][2] = {
        {"", "f:1:1: is empty, should be a map of keys\n"},
        {"# only this\n\n", "f:1:1: is empty, should be a map of keys\n"},
        {"\xef\xbb\xbf", "f:1:1: is empty, should be a map of keys\n"},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second document begins here, should be one in a file\n"},
        {"a: 1\n...\n---\n", "f:3:1: a second document begins here, should be one in a file\n"},
        {"a: 1\n...\nb: 1\n", "f:3:1: is no YAML: did not find expected <document start>\n"},
        {"? [a]\n: b\n", "f:1:3: a key here is a list or map, should be text\n"},
        {"x: {{a: b}: c}\n", "f:1:5: x: a key here is a list or map, should be text\n"},
        {"? *a\n: b\n", "f:1:3: is an alias, should be written out\n"},
        {"\"a\\0\": 1\n", "f:1:1: holds a NUL character, should be text\n"},
        {"a: [1\nb: 2\n",
         "f:2:2: is no YAML: did not find expected ',' or ']' while parsing a flow "
         "sequence that begins in line 1\n"},
        {"a: b: c\n", "f:1:5: is no YAML: mapping values are not allowed in this context\n"},
        {"a:\n\t- b\n", "f:2:1: is no YAML: found character that cannot start any token while "
                        "scanning for the next token that begins in line 2\n"},
        {"a: 'b\n", "f:2:1: is no YAML: found unexpected end of stream while scanning a quoted "
                    "scalar that begins in line 1\n"},
        {"a: b\n\xc3\xa9 \xff\n", "f:2:3: is no YAML: invalid leading UTF-8 octet, should be text "
                                  "in UTF-8\n"},
        {"a: \x01\n", "f:1:4: is no YAML: control characters are not allowed, should be text in "
                      "UTF-8\n"},
        {"- [2001:db8::1]:80\n- a\n",
         "f:1:16: is no YAML: did not find expected '-' indicator while parsing a block collection "
         "that begins in line 1, should have quotes around IPv6 addresses, "
         "\"[2001:db8::1]:8080\"\n"},
        {"- a\n- [2001:db8::1]:80\n- a\n",
         "f:2:16: is no YAML: did not find expected '-' indicator while parsing a block collection "
         "that begins in line 1, should have quotes around IPv6 addresses, "
         "\"[2001:db8::1]:8080\"\n"},
        {"a: '::'\nb: b: c\n",
         "f:2:5: is no YAML: mapping values are not allowed in this context\n"},
        {"[::1]\n", "f:1:2: is no YAML: did not find expected node content while parsing a flow "
                    "node that begins in line 1, should have quotes around IPv6 addresses, "
                    "\"[2001:db8::1]:8080\"\n"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        Outcome outcome;

        assert_int_equal(outcome_parse(&outcome, cases[i][0], strlen(cases[i][0])), -EINVAL);
        assert_string_equal(buf_text(&outcome.printed), cases[i][1]);
        assert_null(outcome.root);
        outcome_done(&outcome);
    }
}

/* What Windows writes: UTF-16 is refused, the mark of UTF-8 and its line ends are not. */
static void encodings(void **state)
{
    static const char marked[] = "\xef\xbb\xbf"
                                 "a: 1\r\nb: 2\r\n";
    Outcome outcome;

    (void)state;
    assert_int_equal(outcome_parse(&outcome, marked, strlen(marked)), 0);
    assert_string_equal(node_find(outcome.root, "b")->text, "2");
    assert_int_equal(node_find(outcome.root, "b")->line, 2);
    outcome_done(&outcome);
    assert_int_equal(outcome_parse(&outcome,
                                   "\xff\xfe"
                                   "a\0:\0 \0",
                                   8),
                     -EINVAL);
    outcome_done(&outcome);
    assert_int_equal(outcome_parse(&outcome, "a: b\0c", 6), -EINVAL);
    outcome_done(&outcome);
}

static void depth_has_a_limit(void **state)
{
    static const char at_limit[] = "[[[[[[[[[[[[[[[{a: b}]]]]]]]]]]]]]]]";
    static const char beyond[] = "[[[[[[[[[[[[[[[{a: [b]}]]]]]]]]]]]]]]]";
    Outcome outcome;
    char *deep;

    (void)state;
    assert_int_equal(outcome_parse(&outcome, at_limit, strlen(at_limit)), 0);
    outcome_done(&outcome);
    assert_int_equal(outcome_parse(&outcome, beyond, strlen(beyond)), -EINVAL);
    assert_string_equal(buf_text(&outcome.printed),
                        "f:1:20: [0][0][0][0][0][0][0][0][0][0][0][0][0][0][0].a: is too deep, "
                        "should have 16 levels of lists and maps at most\n");
    outcome_done(&outcome);
    deep = malloc(1000000);
    assert_non_null(deep);
    memset(deep, '[', 1000000);
    assert_int_equal(outcome_parse(&outcome, deep, 1000000), -EINVAL);
    outcome_done(&outcome);
    free(deep);
}

static void size_has_a_limit(void **state)
{
    char *text = malloc(YAML_SIZE_MAX + 1);
    Outcome outcome;

    (void)state;
    assert_non_null(text);
    memset(text, ' ', YAML_SIZE_MAX + 1);
    text[0] = 'a';
    assert_int_equal(outcome_parse(&outcome, text, YAML_SIZE_MAX), 0);
    outcome_done(&outcome);
    assert_int_equal(outcome_parse(&outcome, text, YAML_SIZE_MAX + 1), -EINVAL);
    assert_string_equal(buf_text(&outcome.printed),
                        "f:1:1: is larger than 8 MiB, should be several files\n");
    outcome_done(&outcome);
    free(text);
}

/* Maps with many keys find a duplicate among them as well, wherever it stands. */
static void large_maps_have_no_duplicates(void **state)
{
    _cleanup_(buf_done) Buf text = {0};
    Outcome outcome;

    (void)state;
    for (unsigned i = 0; i < 20000; i++)
        buf_printf(&text, "key%u: %u\n", i, i);
    assert_int_equal(outcome_parse(&outcome, text.data, text.size), 0);
    assert_string_equal(buf_text(&outcome.printed), "");
    assert_int_equal(outcome.root->size, 20000);
    outcome_done(&outcome);
    buf_puts(&text, "key3: x\nkey19999: x\nkey17: x\n");
    assert_int_equal(outcome_parse(&outcome, text.data, text.size), 0);
    assert_string_equal(
        buf_text(&outcome.printed),
        "f:20001:1: key3: stands here again, should be there once (first in line 4)\n"
        "f:20002:1: key19999: stands here again, should be there once (first in line 20000)\n"
        "f:20003:1: key17: stands here again, should be there once (first in line 18)\n");
    assert_int_equal(outcome.root->size, 20000);
    assert_string_equal(node_find(outcome.root, "key3")->text, "3");
    outcome_done(&outcome);
    /* Nothing is left of one that breaks off. */
    buf_puts(&text, "key4: ]\n");
    assert_int_equal(outcome_parse(&outcome, text.data, text.size), -EINVAL);
    assert_null(outcome.root);
    outcome_done(&outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_know_what_and_where),
        cmocka_unit_test(null_is_plain),
        cmocka_unit_test(what_is_refused_and_read_on),
        cmocka_unit_test(what_ends_the_reading),
        cmocka_unit_test(encodings),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(size_has_a_limit),
        cmocka_unit_test(large_maps_have_no_duplicates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
