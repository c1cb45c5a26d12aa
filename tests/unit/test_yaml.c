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
        {"a: 1\nb: 2\na: 3\n", "f:3:1: a: duplicate key (first on line 1), keep one of them\n"},
        {"x: [{a: 1, a: {b: 1, b: 2}}]\n",
         "f:1:12: x[0].a: duplicate key (first on line 1), keep one of them\nf:1:22: x[0].a.b: "
         "duplicate key (first on line 1), keep one of them\n"},
        {"a: &x 1\n", "f:1:4: a: anchor, remove it\n"},
        {"- &x {a: 1}\n- *x\n",
         "f:1:3: [0]: anchor, remove it\nf:2:3: [1]: alias, write the value out\n"},
        {"&x [1]\n", "f:1:1: anchor, remove it\n"},
        {"a: !!str 1\n", "f:1:4: a: tag, remove it\n"},
        {"a: ! 1\n", "f:1:4: a: tag, remove it\n"},
        {"a: !x {b: !y [1]}\n", "f:1:4: a: tag, remove it\nf:1:11: a.b: tag, remove it\n"},
        {"&x a: 1\n", "f:1:1: anchor, remove it\n"},
        {"a: \"b\\0c\"\n", "f:1:4: a: NUL character, must be text\n"},
        {"a: &self [*self]\n",
         "f:1:4: a: anchor, remove it\nf:1:11: a[0]: alias, write the value out\n"},
        {"<<: 1\n<<: 2\n", "f:2:1: <<: duplicate key (first on line 1), keep one of them\n"},
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

static void expect_end(const char *text, const char *expected)
{
    Outcome outcome;

    assert_int_equal(outcome_parse(&outcome, text, strlen(text)), -EINVAL);
    assert_string_equal(buf_text(&outcome.printed), expected);
    assert_null(outcome.root);
    outcome_done(&outcome);
}

static void what_ends_the_reading(void **state)
{
    static const char *const cases[][2] = {
        {"", "f:1:1: empty, must be a map of keys\n"},
        {"# only this\n\n", "f:1:1: empty, must be a map of keys\n"},
        {"\xef\xbb\xbf", "f:1:1: empty, must be a map of keys\n"},
        {"a: 1\n---\nb: 2\n", "f:2:1: second document, must be one in a file\n"},
        {"a: 1\n...\n---\n", "f:3:1: second document, must be one in a file\n"},
        {"a: 1\n...\nb: 1\n", "f:3:1: not YAML: text after the end of the document (...)\n"},
        {"? [a]\n: b\n", "f:1:3: key is a list or map, must be text (a template such as {{ x }} "
                         "that was not rendered looks like this)\n"},
        {"x: {{a: b}: c}\n", "f:1:5: x: key is a list or map, must be text (a template such as {{ "
                             "x }} that was not rendered looks like this)\n"},
        {"? *a\n: b\n", "f:1:3: alias, write the value out\n"},
        {"\"a\\0\": 1\n", "f:1:1: NUL character, must be text\n"},
        {"a: [1\nb: 2\n",
         "f:2:2: not YAML: list that begins on line 1: a comma or ] is missing before this\n"},
        {"a: b: c\n", "f:1:5: not YAML: colon where no key can be: put quotes around text with \": "
                      "\" in it, or mend the indentation\n"},
        {"a:\n\t- b\n", "f:2:1: tab in the indentation, indent with spaces\n"},
        {"a: 'b\n", "f:2:1: not YAML: quotes that begin on line 1 are not closed\n"},
        {"\xff\n", "f:1:1: not UTF-8, must be text in UTF-8\n"},
        {"a: \xff\n", "f:1:4: not UTF-8, must be text in UTF-8\n"},
        {"\na: \xff\n", "f:2:4: not UTF-8, must be text in UTF-8\n"},
        {"a: b\n\xc3\xa9 \xff\n", "f:2:3: not UTF-8, must be text in UTF-8\n"},
        {"a: \x01\n", "f:1:4: control character, must be text without any\n"},
        {"- [2001:db8::1]:80\n- a\n",
         "f:1:16: IPv6 address without quotes, write \"[2001:db8::1]:8080\" with them\n"},
        {"- a\n- [2001:db8::1]:80\n- a\n",
         "f:2:16: IPv6 address without quotes, write \"[2001:db8::1]:8080\" with them\n"},
        {"a: '::'\nb: b: c\n", "f:2:5: not YAML: colon where no key can be: put quotes around text "
                               "with \": \" in it, or mend the indentation\n"},
        {"a: {{ host }}\n", "f:1:5: a: key is a list or map, must be text (a template such as {{ x "
                            "}} that was not rendered looks like this)\n"},
        {"a: [${HOST}]\n",
         "f:1:6: template left unrendered, render the file before rosterd reads it\n"},
        {"a:\n- b\n<<<<<<< HEAD\n- c\n=======\n- d\n>>>>>>> main\n",
         "f:3:1: merge conflict left in the file, resolve it\n"},
        {"a:\n  b: c\n \td: e\n", "f:3:2: tab in the indentation, indent with spaces\n"},
        {"a: @b\n",
         "f:1:4: not YAML: text cannot begin with this character: put quotes around it\n"},
        {"a: b\n c: d\n", "f:2:3: not YAML: colon where no key can be: put quotes around text with "
                          "\": \" in it, or mend the indentation\n"},
        {"a:\n - b\n c\n", "f:4:1: not YAML: key on line 3: a colon and a space must follow it\n"},
        {"- a\nb: c\n", "f:2:1: not YAML: list that begins on line 1: an entry must begin with \"- "
                        "\" in the list's own column\n"},
        {"a: \"\\q\"\n",
         "f:1:5: not YAML: unknown escape in double quotes: write \\\\ for a backslash\n"},
        {"a: {b: c\n",
         "f:2:1: not YAML: map that begins on line 1: a comma or } is missing before this\n"},
        {"a: {b: c\nd: e\n",
         "f:2:2: not YAML: map that begins on line 1: a comma or } is missing before this\n"},
        {"a: - b\n",
         "f:1:4: not YAML: \"- \" where no list can be: begin the list on a line of its own\n"},
        {"[::1]\n", "f:1:2: IPv6 address without quotes, write \"[2001:db8::1]:8080\" with them\n"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++)
        expect_end(cases[i][0], cases[i][1]);
}

/* Marks that a tool has left in the file. */
static void what_tools_leave(void **state)
{
    static const char *const cases[][2] = {
        {"a: [\n=======", "f:2:1: merge conflict left in the file, resolve it\n"},
        {">>>>>>> main\na: [\n", "f:1:1: merge conflict left in the file, resolve it\n"},
        {"a: [\n||||||| b\n", "f:2:1: merge conflict left in the file, resolve it\n"},
        {"a: [\n======", "f:3:1: not YAML: list that begins on line 1: a comma or ] is missing "
                         "before this\n"},
        {"a: [\n =======", "f:3:1: not YAML: list that begins on line 1: a comma or ] is missing "
                           "before this\n"},
        {"a: [{% b %}]\n",
         "f:1:6: template left unrendered, render the file before rosterd reads it\n"},
        {"a: [<% b %>, ]:]\n",
         "f:1:15: template left unrendered, render the file before rosterd reads it\n"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++)
        expect_end(cases[i][0], cases[i][1]);
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
                        "f:1:20: [0][0][0][0][0][0][0][0][0][0][0][0][0][0][0].a: too deep, must "
                        "be 16 levels of lists and maps at most\n");
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
                        "f:1:1: too large: more than 8 MiB, split it into several files\n");
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
        "f:20001:1: key3: duplicate key (first on line 4), keep one of them\nf:20002:1: key19999: "
        "duplicate key (first on line 20000), keep one of them\nf:20003:1: key17: duplicate key "
        "(first on line 18), keep one of them\n");
    assert_int_equal(outcome.root->size, 20000);
    assert_string_equal(node_find(outcome.root, "key3")->text, "3");
    outcome_done(&outcome);
    /* Nothing is left of one that breaks off. */
    buf_puts(&text, "key4: ]\n");
    assert_int_equal(outcome_parse(&outcome, text.data, text.size), -EINVAL);
    assert_null(outcome.root);
    outcome_done(&outcome);
}

/* A value is shown whole up to 63 bytes, and of a longer one the first 60. */
static void long_values_are_cut(void **state)
{
    static const char text[] = "[a: 1, [b], ~, '', 'x']";
    static const char *const shown[] = {"a map", "a list", "empty", "empty", "\"x\""};
    char value[80], description[NODE_DESCRIPTION_SIZE], expected[NODE_DESCRIPTION_SIZE];
    Outcome outcome;
    size_t i = 0;

    (void)state;
    assert_int_equal(outcome_parse(&outcome, text, strlen(text)), 0);
    for (const Node *node = outcome.root->first; node; node = node->next)
        assert_string_equal(node_describe(node, description), shown[i++]);
    assert_int_equal(i, ELEMENTS(shown));
    outcome_done(&outcome);
    for (size_t size = 62; size <= 65; size++) {
        memset(value, 'a', size);
        value[size] = '\0';
        assert_int_equal(outcome_parse(&outcome, value, size), 0);
        snprintf(expected, sizeof(expected), "\"%.*s%s\"", size < 64 ? (int)size : 60, value,
                 size < 64 ? "" : "...");
        assert_string_equal(node_describe(outcome.root, description), expected);
        outcome_done(&outcome);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_know_what_and_where),
        cmocka_unit_test(null_is_plain),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(what_is_refused_and_read_on),
        cmocka_unit_test(what_ends_the_reading),
        cmocka_unit_test(what_tools_leave),
        cmocka_unit_test(encodings),
        cmocka_unit_test(depth_has_a_limit),
        cmocka_unit_test(size_has_a_limit),
        cmocka_unit_test(large_maps_have_no_duplicates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
