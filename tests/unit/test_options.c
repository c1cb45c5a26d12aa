/* SPDX-License-Identifier: MIT */
/* The options of both programs: --help, the manual pages and the completion against the tables. */
#include "tests/unit/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/completion.h"

#define DAEMON_MANUAL "daemon/rosterd.8"
#define CLIENT_MANUAL "daemon/rosterctl.1"

static Buf daemon_manual, client_manual;

static int read_documents(void **state)
{
    (void)state;
    return document_read(DAEMON_MANUAL, &daemon_manual) |
           document_read(CLIENT_MANUAL, &client_manual);
}

static int drop_documents(void **state)
{
    (void)state;
    buf_done(&daemon_manual);
    buf_done(&client_manual);
    return 0;
}

/* How people are shown an option: "--approve DIGEST"; "-v" where the letter is enough. */
static bool shows_option(const char *text, const OptionRow *row)
{
    char word[64], letter[] = {'-', row->letter, '\0'};
    size_t length = (size_t)snprintf(word, sizeof(word), "--%s%s%s", row->name,
                                     row->value ? " " : "", row->value ? row->value : "");

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        if (!isalnum((unsigned char)at[length]) && at[length] != '-')
            return true;
    }
    return row->letter && strstr(text, letter);
}

static void expect_in_manual(const char *name, const Buf *document, const OptionRow *row)
{
    char word[64], letter[] = {'F', 'l', ' ', row->letter, '\0'};

    snprintf(word, sizeof(word), "Fl -%s", row->name);
    if (!strstr(buf_text(document), word) && !(row->letter && strstr(buf_text(document), letter)))
        fail_msg("%s: --%s is not there", name, row->name);
}

/* bash, zsh and fish all ask completion.h. */
static void expect_in_completion(const OptionRow *row)
{
    const char *words;

    if (row->value && completion_of_value(row, COMPLETION_NO_COMMAND, &words) == COMPLETION_UNKNOWN)
        fail_msg("--%s %s: what to complete for %s is not known: add it to completion_values in "
                 "daemon/cli/completion.c",
                 row->name, row->value, row->value);
}

static bool is_option_of(const OptionTable *table, const char *name, size_t length)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strlen(table->rows[i].name) == length &&
            strncmp(table->rows[i].name, name, length) == 0)
            return true;
    }
    return false;
}

/* Of rosterctl's help, "rosterd --once" is of another program. */
static void expect_no_other_options(const OptionTable *table)
{
    for (const char *at = strstr(table->help, "--"); at; at = strstr(at + 2, "--")) {
        size_t length = strspn(at + 2, "abcdefghijklmnopqrstuvwxyz-");
        bool is_of_rosterd = at - table->help >= 8 && strncmp(at - 8, "rosterd ", 8) == 0;

        if (!is_of_rosterd && !is_option_of(table, at + 2, length))
            fail_msg("--help: %.*s is no option", (int)length + 2, at);
    }
}

static void check_options(const OptionTable *table, const char *name, const Buf *document)
{
    for (size_t i = 0; i < table->count; i++) {
        if (!shows_option(table->help, &table->rows[i]))
            fail_msg("--help: --%s is not there", table->rows[i].name);
        expect_in_manual(name, document, &table->rows[i]);
        expect_in_completion(&table->rows[i]);
    }
    expect_no_other_options(table);
}

static void test_help_manual_and_completion_have_the_options(void **state)
{
    (void)state;
    check_options(&options_of_rosterd, DAEMON_MANUAL, &daemon_manual);
    check_options(&commands_options, CLIENT_MANUAL, &client_manual);
}

/* The lines of a command in --help: up to the next line that is not indented as deeply. */
static void get_command_help(const char *name, Buf *ret_text)
{
    char first[32];
    const char *start, *end;

    snprintf(first, sizeof(first), "\n  %s ", name);
    start = strstr(commands_options.help, first);
    if (!start)
        fail_msg("--help: the command %s is not there", name);
    end = strchr(start + 1, '\n');
    while (str_has_prefix(end, "\n    "))
        end = strchr(end + 1, '\n');
    buf_append(ret_text, start, (size_t)(end - start));
}

/* --json and --socket go with all that ask the daemon; the channel is a word with most. */
static void test_the_help_of_a_command_has_its_options(void **state)
{
    (void)state;
    for (size_t i = 0; commands_name(i); i++) {
        _cleanup_(buf_done) Buf help = {0};

        get_command_help(commands_name(i), &help);
        for (size_t j = 0; j < commands_options.count; j++) {
            const OptionRow *row = &commands_options.rows[j];
            bool fits = commands_option_fits(i, row);
            bool is_general = !row->goes_with || str_equal(row->name, "json") ||
                              str_equal(row->name, "socket") || str_equal(row->name, "channel");

            if (is_general ? shows_option(buf_text(&help), row) && !fits
                           : shows_option(buf_text(&help), row) != fits)
                fail_msg("--help: %s and --%s", commands_name(i), row->name);
        }
    }
}

/* "approve DIGEST [--yes]", "plan [C]... [-v]", "schema (settings | roster)" take words; "undo
 * (--last" and "history [--channel C]" do not. */
static bool shows_word(const char *help, const char *name)
{
    const char *behind = strstr(help, name) + strlen(name);

    while (*behind == ' ')
        behind++;
    if (isupper((unsigned char)*behind))
        return true;
    return (*behind == '[' || *behind == '(') && behind[1] != '-';
}

static void test_the_words_of_a_command_are_completed(void **state)
{
    (void)state;
    for (size_t i = 0; commands_name(i); i++) {
        _cleanup_(buf_done) Buf help = {0};
        const char *words;

        get_command_help(commands_name(i), &help);
        if (shows_word(buf_text(&help), commands_name(i)) !=
            (completion_of_word(i, 0, &words) != COMPLETION_NOTHING))
            fail_msg("%s: whether a word is to be completed: --help and completion_places in "
                     "daemon/cli/completion.c differ",
                     commands_name(i));
    }
}

/* Words of a value are all that the program takes, and no others. */
static void expect_value_words(size_t command, const OptionRow *row, const char *words)
{
    char name[32], command_name[32], wrong[] = "-", program[] = "rosterctl";
    char *argv[] = {program, command_name, name, wrong, NULL};
    Options options;
    Err err = {0};

    snprintf(command_name, sizeof(command_name), "%s", commands_name(command));
    snprintf(name, sizeof(name), "--%s", row->name);
    assert_int_equal(commands_parse(4, argv, &options, &err), -EINVAL);
    options_done(&options);
    if (!strstr(err.text, "must be one of: ") ||
        !str_equal(strstr(err.text, "must be one of: ") + 16, words))
        fail_msg("%s --%s: completed are %s, but: %s", command_name, row->name, words, err.text);
}

static void test_words_of_values_are_those_that_are_taken(void **state)
{
    (void)state;
    for (size_t i = 0; commands_name(i); i++) {
        for (size_t j = 0; j < commands_options.count; j++) {
            const OptionRow *row = &commands_options.rows[j];
            const char *words;

            if (row->value && commands_option_fits(i, row) &&
                completion_of_value(row, i, &words) == COMPLETION_WORDS)
                expect_value_words(i, row, words);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_help_manual_and_completion_have_the_options),
        cmocka_unit_test(test_the_help_of_a_command_has_its_options),
        cmocka_unit_test(test_the_words_of_a_command_are_completed),
        cmocka_unit_test(test_words_of_values_are_those_that_are_taken),
    };

    return cmocka_run_group_tests(tests, read_documents, drop_documents);
}
