/* SPDX-License-Identifier: MIT */
/* Long lists of short words: which lines are one, what libyaml is given of them, and that the tree
 * is the one that libyaml alone reads. */
#include "tests/unit/test_config.h"

#include "config/yaml/quick_list.h"
#include "config/yaml/yaml.h"
#include "tests/same_tree.h"
#include "tests/yaml_pieces.h"

/* Lines of a list: three times two, and four of them. */
#define SIX(indentation)                                                                           \
    indentation "- a\n" indentation "- b:1\n" indentation "- 10.0.0.1:80\n" indentation            \
                "- d_e-f\n" indentation "- 1\n" indentation "- Z.z\n"
#define EIGHT(indentation) SIX(indentation) indentation "- g\n" indentation "- h\n"

/* ---- which lines ---- */

/* "LINE:COLUMN FIRST+LINES=TEXT" of each list. */
static void describe(const char *text, size_t size, Buf *buf)
{
    _cleanup_(quick_list_done) QuickLists lists = {0};

    assert_int_equal(quick_list_find(&lists, text, size), 0);
    for (size_t i = 0; i < lists.count; i++) {
        const QuickList *list = &lists.items[i];

        buf_printf(buf, "%u:%u %.*s+%u=", list->line, list->column, (int)list->word_size,
                   list->word, list->line_count);
        for (const char *at = list->lines; at < list->lines + list->lines_size;) {
            size_t word_size;
            const char *word = quick_list_next(list, &at, &word_size);

            buf_append(buf, word, word_size);
            buf_putc(buf, ',');
        }
        buf_putc(buf, ' ');
    }
}

static void test_which_lines_are_a_list(void **state)
{
#define SAID "a+6=b:1,10.0.0.1:80,d_e-f,1,Z.z,g, "
    static const char *const cases[][2] = {
        {EIGHT(""), "1:3 " SAID},
        {"x:\n" EIGHT("    "), "2:7 " SAID},
        {EIGHT("") EIGHT(" "), "1:3 " SAID "9:4 " SAID},
        {EIGHT("") "- k: l\n" EIGHT(""), "1:3 " SAID "10:3 " SAID},
        {EIGHT("") "\n" EIGHT(""), "1:3 " SAID "10:3 " SAID},
        {SIX("") "- g\n- h\n- i\n", "1:3 a+7=b:1,10.0.0.1:80,d_e-f,1,Z.z,g,h, "},
        {SIX("") "- g\n", ""},              /* seven are too few */
        {SIX("") "- g\n- h", ""},           /* the last line has no end */
        {EIGHT("") "- i", "1:3 " SAID},     /* nor has this one */
        {SIX("") " - g\n - h\n", ""},       /* in another column */
        {SIX("") "- g\n-  h\n", ""},        /* two spaces */
        {SIX("") "- g\n-h\n", ""},          /* none */
        {SIX("") "- g\n-\n", ""},           /* no word */
        {SIX("") "- g\n- \n", ""},          /* none either */
        {SIX("") "- g\n- h \n", ""},        /* a space behind it */
        {SIX("") "- g\n- h # i\n", ""},     /* a comment */
        {SIX("") "- g\n- 'h'\n", ""},       /* quotes */
        {SIX("") "- g\n- h:\n", ""},        /* a key */
        {SIX("") "- g\n- h: i\n", ""},      /* with its value */
        {SIX("") "- g\n- h::i\n", ""},      /* two colons */
        {SIX("") "- g\n- :h\n", ""},        /* a colon first */
        {SIX("") "- g\n- .h\n", ""},        /* a dot */
        {SIX("") "- g\n- -h\n", ""},        /* a dash */
        {SIX("") "- g\n- _h\n", ""},        /* an underscore */
        {SIX("") "- g\n- h/i\n", ""},       /* no letter */
        {SIX("") "- g\n- h\xc3\xa9\n", ""}, /* no letter of these */
        {SIX("") "- g\n- h\r\n", ""},       /* another end of a line */
        {EIGHT("") "\r", ""},               /* anywhere */
        {"# \xc2\x85\n" EIGHT(""), ""},     /* NEL */
        {"# \xe2\x80\xa8\n" EIGHT(""), ""}, /* LS */
        {"# \xe2\x80\xa9\n" EIGHT(""), ""}, /* PS */
        {"# \xe2\x80\xaa\xc2\x86\n" EIGHT(""), "2:3 " SAID},
        {EIGHT("") "\xc2", "1:3 " SAID},
        {EIGHT("") "\xe2\x80", "1:3 " SAID},
        {"", ""},
        {"\n", ""},
        {"- ", ""},
        {"-", ""},
        {"- a", ""},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++) {
        _cleanup_(buf_done) Buf buf = {0};

        describe(cases[i][0], strlen(cases[i][0]), &buf);
        assert_string_equal(buf_text(&buf), cases[i][1]);
    }
}

/* ---- what libyaml is given ---- */

static void test_the_text_has_empty_lines_for_those_of_a_list(void **state)
{
    static const char text[] = "x:\n" EIGHT("  ") "y:\n" EIGHT("") "- z";
    static const char given[] = "x:\n  - a\n\n\n\n\n\n\n  - h\ny:\n- a\n\n\n\n\n\n\n- h\n- z";
    _cleanup_(quick_list_done) QuickLists lists = {0};

    (void)state;
    assert_int_equal(quick_list_find(&lists, text, strlen(text)), 0);
    for (size_t piece = 1; piece < sizeof(given); piece++) {
        char read[sizeof(text)] = "", *at = read;
        QuickText quick;
        size_t size;

        quick_list_begin_text(&quick, &lists, text, strlen(text));
        while ((size = quick_list_read_text(&quick, at, piece)) > 0) {
            assert_true(size <= piece);
            at += size;
        }
        assert_string_equal(read, given);
        assert_int_equal(quick_list_read_text(&quick, at, piece), 0);
    }
}

/* ---- what is read ---- */

/* Reads it: the same tree as by libyaml, or these problems. */
static void check_read(const char *text, size_t size, const char *problems_expected)
{
    _cleanup_(arena_done) Arena arena = {0};
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(buf_done) Buf printed = {0};
    const Node *root = NULL;
    int r = yaml_parse("f", text, size, &arena, &problems, &root);

    problems_print(&problems, &printed);
    assert_string_equal(buf_text(&printed), problems_expected);
    if (problems.count == 0) {
        assert_int_equal(r, 0);
        same_tree(root, text, size);
    }
}

static void test_it_is_the_tree_that_libyaml_reads(void **state)
{
    static const char *const cases[] = {
        EIGHT(""),
        "a:\n" EIGHT("") "b:\n" EIGHT("  ") "c: d\n",
        "- - x\n" EIGHT("  ") "- y\n",
        "a: |\n" EIGHT("  ") "b: c\n",       /* a text */
        "a: >\n" EIGHT("  "),                /* in one line */
        "a: \"\n" EIGHT("  ") "  \"\n",      /* in quotes */
        "a: '\n" EIGHT("") "'\n",            /* in others */
        "a: x\n" EIGHT("  "),                /* behind a word */
        "a:\n" EIGHT("") "    goes on\n",    /* the last one does */
        "a:\n" EIGHT("  ") "   - goes on\n", /* here too */
        "a:\n" EIGHT("  ") "# b\n" EIGHT("  "),
        "a: |\n" EIGHT("  ") "b:\n" EIGHT("  "), /* one that is a text, one that is a list */
        "a:\n" EIGHT("  ") "b: |\n" EIGHT("  "),
        "- |\n" EIGHT(" ") EIGHT(""),
        "\xef\xbb\xbf" EIGHT(""), /* behind a byte order mark */
        "--- # b\n" EIGHT("") "...\n",
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++)
        check_read(cases[i], strlen(cases[i]), "");
}

/* A mistake is where it stands, whatever list is before it. */
static void test_mistakes_keep_their_words_and_places(void **state)
{
    static const char *const cases[][2] = {
        {"a:\n" EIGHT("") "a: 1\n",
         "f:10:1: a: duplicate key (first on line 1), keep one of them\n"},
        {"a: [\n" EIGHT("") "]\n", "f:2:1: not YAML: value missing here\n"},
        {"a:\n" EIGHT("  ") " b: c\n",
         "f:10:2: not YAML: map that begins on line 1: a key must stand here, in the map's own "
         "column\n"},
        {EIGHT("") "- \xff\n", "f:9:3: not UTF-8, must be text in UTF-8\n"},
        {EIGHT("") "- &x h\n- *x\n",
         "f:9:3: [8]: anchor, remove it\nf:10:3: [9]: alias, write the value out\n"},
        {EIGHT("") "--- 1\n", "f:9:1: second document, must be one in a file\n"},
        {EIGHT("") "- a: b: c\n",
         "f:9:7: not YAML: colon where no key can be: put quotes around text with \": \" in it, or "
         "mend the indentation\n"},
        {"a: |\n" EIGHT("  ") "a: 1\n",
         "f:10:1: a: duplicate key (first on line 1), keep one of them\n"},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(cases); i++)
        check_read(cases[i][0], strlen(cases[i][0]), cases[i][1]);
}

/* ---- many texts ---- */

static uint32_t next_number(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

/* A few pieces, most of them lists and moves. */
static void put_random(Buf *text, uint64_t *seed)
{
    static const char others[] = "a:\n|>'\"[{, #-\n\n: ";
    uint8_t bytes[12];
    size_t size = 2 + next_number(seed) % (sizeof(bytes) - 2);

    for (size_t i = 0; i < size; i++) {
        uint32_t kind = next_number(seed) % 8;

        bytes[i] = kind < 3   ? (uint8_t)(PIECE_LISTS + next_number(seed) % 6)
                   : kind < 5 ? (uint8_t)(PIECE_RIGHT + next_number(seed) % 2)
                   : kind < 6 ? (uint8_t)(PIECE_FIRST + next_number(seed) % 12)
                              : (uint8_t)others[next_number(seed) % (sizeof(others) - 1)];
    }
    yaml_pieces_put(text, bytes, size);
}

static void test_texts_of_many_pieces(void **state)
{
    uint64_t seed = 20261201;
    size_t with_lists = 0;

    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        _cleanup_(arena_done) Arena arena = {0};
        _cleanup_(problems_done) Problems problems = {0};
        _cleanup_(quick_list_done) QuickLists lists = {0};
        _cleanup_(buf_done) Buf text = {0};
        const Node *root = NULL;

        put_random(&text, &seed);
        if (yaml_parse("f", buf_text(&text), text.size, &arena, &problems, &root) < 0 ||
            problems_any(&problems))
            continue;
        same_tree(root, buf_text(&text), text.size);
        assert_int_equal(quick_list_find(&lists, buf_text(&text), text.size), 0);
        with_lists += lists.count > 0;
    }
    assert_true(with_lists > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_lines_are_a_list),
        cmocka_unit_test(test_the_text_has_empty_lines_for_those_of_a_list),
        cmocka_unit_test(test_it_is_the_tree_that_libyaml_reads),
        cmocka_unit_test(test_mistakes_keep_their_words_and_places),
        cmocka_unit_test(test_texts_of_many_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
