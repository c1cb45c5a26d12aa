/* SPDX-License-Identifier: MIT */
/* The options of both programs: --help, the manual pages and the completion against the tables. */
#include "tests/unit/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/cli/commands.h"

#define DAEMON_MANUAL "daemon/rosterd.8"
#define CLIENT_MANUAL "daemon/rosterctl.1"
#define COMPLETION "systemd/rosterd.bash-completion"

static Buf daemon_manual, client_manual, completion;

static int read_documents(void **state)
{
    (void)state;
    return document_read(DAEMON_MANUAL, &daemon_manual) |
           document_read(CLIENT_MANUAL, &client_manual) | document_read(COMPLETION, &completion);
}

static int drop_documents(void **state)
{
    (void)state;
    buf_done(&daemon_manual);
    buf_done(&client_manual);
    buf_done(&completion);
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

/* The completion knows which options have a value: they stand in its cases. */
static void expect_in_completion(const OptionRow *row)
{
    char more[64], last[64];
    bool is_there;

    snprintf(more, sizeof(more), "--%s |", row->name);
    snprintf(last, sizeof(last), "--%s)", row->name);
    is_there = strstr(buf_text(&completion), more) || strstr(buf_text(&completion), last);
    if (is_there != (row->value != NULL))
        fail_msg(COMPLETION ": whether --%s has a value", row->name);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_help_manual_and_completion_have_the_options),
        cmocka_unit_test(test_the_help_of_a_command_has_its_options),
    };

    return cmocka_run_group_tests(tests, read_documents, drop_documents);
}
