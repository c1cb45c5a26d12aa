/* SPDX-License-Identifier: MIT */
/* What may stand where the cursor is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/cli/completion.h"

#define WORDS_MAX 8

typedef struct Place {
    const char *line; /* words apart by blanks; the one to complete ends it, in brackets */
    CompletionKind kind;
    const char *lines; /* what is appended; NULL: whatever */
} Place;

static const Place places[] = {
    {"rosterctl []", COMPLETION_COMMANDS, NULL},
    {"rosterctl [pl]", COMPLETION_COMMANDS, NULL},
    {"rosterctl -c x []", COMPLETION_COMMANDS, NULL},
    {"rosterctl plan []", COMPLETION_CHANNELS, ""},
    {"rosterctl plan a b []", COMPLETION_CHANNELS, ""},
    {"rosterctl plan [-]", COMPLETION_OPTIONS, NULL},
    {"rosterctl plan -- [-]", COMPLETION_CHANNELS, ""},
    {"rosterctl plan --format []", COMPLETION_WORDS, "text\njson\nmarkdown\nhtml\n"},
    {"rosterctl plan [--format=m]", COMPLETION_WORDS,
     "--format=text\n--format=json\n--format=markdown\n--format=html\n"},
    {"rosterctl plan --format=json []", COMPLETION_CHANNELS, ""},
    {"rosterctl plan --out plan []", COMPLETION_CHANNELS, ""},
    {"rosterctl plan --out []", COMPLETION_FILES, ""},
    {"rosterctl plan -vc []", COMPLETION_FILES, ""},
    {"rosterctl plan -vcx []", COMPLETION_CHANNELS, ""},
    {"rosterctl validate --format []", COMPLETION_WORDS, "text\njson\ngithub\ngitlab\n"},
    {"rosterctl validate a []", COMPLETION_FILES, ""},
    {"rosterctl export --output []", COMPLETION_DIRECTORIES, ""},
    {"rosterctl schema []", COMPLETION_WORDS, "settings\nroster\n"},
    {"rosterctl schema roster []", COMPLETION_NOTHING, ""},
    {"rosterctl fleet []", COMPLETION_WORDS, "drain\nundrain\n"},
    {"rosterctl fleet drain []", COMPLETION_NOTHING, ""},
    {"rosterctl status []", COMPLETION_CHANNELS, ""},
    {"rosterctl status a []", COMPLETION_NOTHING, ""},
    {"rosterctl history []", COMPLETION_NOTHING, ""},
    {"rosterctl history --channel []", COMPLETION_CHANNELS, ""},
    {"rosterctl pause --instance []", COMPLETION_INSTANCES, ""},
    {"rosterctl pause --reason []", COMPLETION_NOTHING, ""},
    {"rosterctl approve []", COMPLETION_DIGESTS, ""},
    {"rosterctl [--nothing=]", COMPLETION_OPTIONS, NULL},
    {"rosterctl [--json=]", COMPLETION_OPTIONS, NULL},
    {"rosterd []", COMPLETION_NOTHING, ""},
    {"rosterd --once [--a]", COMPLETION_OPTIONS, NULL},
    {"rosterd --log-level []", COMPLETION_WORDS, "err\nwarning\nnotice\ninfo\ndebug\n"},
    {"rosterd [--log-format=]", COMPLETION_WORDS,
     "--log-format=text\n--log-format=json\n--log-format=journal\n"},
    {"rosterd --plan []", COMPLETION_FILES, ""},
    {"rosterd --approve []", COMPLETION_NOTHING, ""},
};

/* The words behind the program, which is the first. */
static size_t split(char *line, const char *ret_words[static WORDS_MAX])
{
    size_t count = 0;
    char *rest, *word;

    for (word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (word[0] == '[') {
            word++;
            word[strlen(word) - 1] = '\0';
        }
        assert_true(count < WORDS_MAX);
        ret_words[count++] = word;
    }
    return count;
}

static void test_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(places); i++) {
        const char *words[WORDS_MAX];
        char line[128];
        Completion completion;
        _cleanup_(buf_done) Buf buf = {0};
        size_t count;

        snprintf(line, sizeof(line), "%s", places[i].line);
        count = split(line, words);
        completion_find(words[0], words + 1, count - 1, &completion);
        completion_append(&completion, &buf);
        if (completion.kind != places[i].kind)
            fail_msg("%s: %d", places[i].line, completion.kind);
        if (places[i].lines)
            assert_string_equal(buf_text(&buf), places[i].lines);
        else
            assert_true(buf.size > 0);
    }
}

static void expect_paths(const char *text, const char *config, const char *socket)
{
    const char *words[WORDS_MAX];
    char line[128];
    Completion completion;
    size_t count;

    snprintf(line, sizeof(line), "%s", text);
    count = split(line, words);
    completion_find(words[0], words + 1, count - 1, &completion);
    if (config)
        assert_string_equal(completion.config_path, config);
    else
        assert_null(completion.config_path);
    if (socket)
        assert_string_equal(completion.socket_path, socket);
    else
        assert_null(completion.socket_path);
}

/* Which daemon is to be asked. */
static void test_settings_and_socket_are_those_of_the_line(void **state)
{
    (void)state;
    expect_paths("rosterctl pause []", NULL, NULL);
    expect_paths("rosterctl -c a pause --socket b []", "a", "b");
    expect_paths("rosterctl -ca pause --socket=b []", "a", "b");
    expect_paths("rosterctl --config=a -vcc plan []", "c", NULL);
    expect_paths("rosterctl pause -- --config=a []", NULL, NULL);
}

static void test_no_word_at_all(void **state)
{
    Completion completion;

    (void)state;
    completion_find("rosterctl", NULL, 0, &completion);
    assert_int_equal(completion.kind, COMPLETION_COMMANDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_settings_and_socket_are_those_of_the_line),
        cmocka_unit_test(test_no_word_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
