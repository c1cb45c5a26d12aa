/* SPDX-License-Identifier: MIT */
#include "daemon/cli/completion.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/cli/commands_internal.h"

/* By what --help calls a value; those with words of their own stand in completion_words_of(). */
static const struct {
    const char *value;
    CompletionKind kind;
} completion_values[] = {
    {"FILE", COMPLETION_FILES},
    {"PATH", COMPLETION_FILES},
    {"DIR", COMPLETION_DIRECTORIES},
    {"C", COMPLETION_CHANNELS},
    {"NAME", COMPLETION_INSTANCES},
    {"TEXT", COMPLETION_NOTHING},
    {"ID", COMPLETION_NOTHING},
    {"1h", COMPLETION_NOTHING},
    {"2h", COMPLETION_NOTHING},
    {"LEVEL", COMPLETION_WORDS},
    {"FORMAT", COMPLETION_WORDS},
    {"DIGEST", COMPLETION_NOTHING}, /* of rosterd --once, which runs where no daemon does */
};

/* By what a command takes besides options. */
static const struct {
    unsigned int takes;
    CompletionKind kind;
    bool may_repeat;
    const char *words;
} completion_places[] = {
    {TAKES_SCOPE | MAY_CHANNEL, COMPLETION_CHANNELS, false, NULL},
    {MAY_CHANNELS, COMPLETION_CHANNELS, true, NULL},
    {TAKES_DIGEST, COMPLETION_DIGESTS, false, NULL},
    {TAKES_DOCUMENT, COMPLETION_WORDS, false, "settings, roster"},
    {MAY_DRAIN, COMPLETION_WORDS, false, "drain, undrain"},
    {MAY_FILES, COMPLETION_FILES, true, NULL},
};

static const char *completion_words_of(const OptionRow *row, size_t command)
{
    if (str_equal(row->name, "log-level"))
        return LOG_LEVEL_WORDS;
    if (str_equal(row->name, "log-format"))
        return LOG_FORMAT_WORDS;
    if (command != COMPLETION_NO_COMMAND && commands_table[command].action == ACTION_VALIDATE)
        return VALIDATION_FORMAT_WORDS;
    return REPORT_FORMAT_WORDS;
}

CompletionKind completion_of_value(const OptionRow *row, size_t command, const char **ret_words)
{
    for (size_t i = 0; i < ELEMENTS(completion_values); i++) {
        if (!str_equal(completion_values[i].value, row->value))
            continue;
        if (completion_values[i].kind == COMPLETION_WORDS)
            *ret_words = completion_words_of(row, command);
        return completion_values[i].kind;
    }
    return COMPLETION_UNKNOWN;
}

CompletionKind completion_of_word(size_t command, size_t at, const char **ret_words)
{
    for (size_t i = 0; i < ELEMENTS(completion_places); i++) {
        if (!(completion_places[i].takes & commands_table[command].takes))
            continue;
        if (at > 0 && !completion_places[i].may_repeat)
            return COMPLETION_NOTHING;
        *ret_words = completion_places[i].words;
        return completion_places[i].kind;
    }
    return COMPLETION_NOTHING;
}

/* ---- the words before ---- */

/* What is known of a command line behind some of its words. */
typedef struct CompletionLine {
    Completion *completion;
    const OptionRow *awaited; /* the next word is its value; NULL: it is not */
    bool has_words_alone;     /* behind -- */
    size_t word_count;        /* behind the command */
} CompletionLine;

static const OptionRow *completion_find_long(const OptionTable *table, const char *name,
                                             size_t length)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strlen(table->rows[i].name) == length &&
            strncmp(table->rows[i].name, name, length) == 0)
            return &table->rows[i];
    }
    return NULL;
}

static const OptionRow *completion_find_letter(const OptionTable *table, char letter)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].letter == letter)
            return &table->rows[i];
    }
    return NULL;
}

static void completion_take_value(CompletionLine *line, const OptionRow *row, const char *value)
{
    if (str_equal(row->name, "config"))
        line->completion->config_path = value;
    if (str_equal(row->name, "socket"))
        line->completion->socket_path = value;
}

/* "--format", "--format=json", "-v", "-cFILE", "-vc". */
static void completion_take_option(CompletionLine *line, const char *word)
{
    const OptionTable *table = line->completion->options;
    size_t length = strcspn(word, "=");
    const OptionRow *row;

    if (word[1] == '-') {
        row = completion_find_long(table, word + 2, length - 2);
        if (row && row->value && word[length] == '=')
            completion_take_value(line, row, word + length + 1);
        else if (row && row->value)
            line->awaited = row;
        return;
    }
    for (const char *letter = word + 1; *letter; letter++) {
        row = completion_find_letter(table, *letter);
        if (!row || !row->value)
            continue;
        if (letter[1])
            completion_take_value(line, row, letter + 1);
        else
            line->awaited = row;
        return;
    }
}

static void completion_take_word(CompletionLine *line, const char *word)
{
    const Command *command;

    if (line->completion->command != COMPLETION_NO_COMMAND) {
        line->word_count++;
        return;
    }
    command = commands_find(word);
    if (command)
        line->completion->command = (size_t)(command - commands_table);
}

static void completion_take(CompletionLine *line, const char *word)
{
    if (line->awaited) {
        completion_take_value(line, line->awaited, word);
        line->awaited = NULL;
    } else if (line->has_words_alone || word[0] != '-' || !word[1]) {
        completion_take_word(line, word);
    } else if (str_equal(word, "--")) {
        line->has_words_alone = true;
    } else {
        completion_take_option(line, word);
    }
}

/* ---- the word itself ---- */

/* "--format=js": the value of an option in one word with it. */
static const OptionRow *completion_split(Completion *completion)
{
    const char *word = completion->typed;
    size_t length = strcspn(word, "=");
    const OptionRow *row = str_has_prefix(word, "--") && word[length]
                               ? completion_find_long(completion->options, word + 2, length - 2)
                               : NULL;

    if (!row || !row->value)
        return NULL;
    completion->prefix = word;
    completion->prefix_size = length + 1;
    completion->typed = word + length + 1;
    return row;
}

static CompletionKind completion_of_line(CompletionLine *line)
{
    Completion *completion = line->completion;
    bool is_option = !line->has_words_alone && completion->typed[0] == '-';
    const OptionRow *row = line->awaited ? line->awaited
                           : is_option   ? completion_split(completion)
                                         : NULL;

    if (row)
        return completion_of_value(row, completion->command, &completion->words);
    if (is_option)
        return COMPLETION_OPTIONS;
    if (completion->options != &commands_options)
        return COMPLETION_NOTHING;
    if (completion->command == COMPLETION_NO_COMMAND)
        return COMPLETION_COMMANDS;
    return completion_of_word(completion->command, line->word_count, &completion->words);
}

void completion_find(const char *program, const char *const words[], size_t count,
                     Completion *ret_completion)
{
    CompletionLine line = {.completion = ret_completion};

    *ret_completion = (Completion){
        .options = str_equal(program, "rosterd") ? &options_of_rosterd : &commands_options,
        .command = COMPLETION_NO_COMMAND,
        .typed = count > 0 ? words[count - 1] : "",
    };
    for (size_t i = 0; i + 1 < count; i++)
        completion_take(&line, words[i]);
    ret_completion->kind = completion_of_line(&line);
}

/* ---- what is known here ---- */

void completion_append_line(const Completion *completion, const char *text, const char *about,
                            Buf *buf)
{
    buf_append(buf, completion->prefix ? completion->prefix : "", completion->prefix_size);
    buf_puts(buf, text);
    if (about[0])
        buf_printf(buf, "\t%s", about);
    buf_putc(buf, '\n');
}

static void completion_append_options(const Completion *completion, Buf *buf)
{
    for (size_t i = 0; i < completion->options->count; i++) {
        const OptionRow *row = &completion->options->rows[i];

        if (completion->options == &commands_options &&
            completion->command != COMPLETION_NO_COMMAND &&
            !commands_option_fits(completion->command, row))
            continue;
        buf_printf(buf, "--%s\n", row->name);
    }
}

static void completion_append_words(const Completion *completion, Buf *buf)
{
    size_t length;

    for (const char *word = completion->words; word[0];
         word += length + strspn(word + length, ", ")) {
        char text[64];

        length = strcspn(word, ",");
        assert(length < sizeof(text));
        memcpy(text, word, length);
        text[length] = '\0';
        completion_append_line(completion, text, "", buf);
    }
}

void completion_append(const Completion *completion, Buf *buf)
{
    if (completion->kind == COMPLETION_COMMANDS) {
        for (size_t i = 0; i < commands_count; i++)
            buf_printf(buf, "%s\n", commands_table[i].name);
    } else if (completion->kind == COMPLETION_OPTIONS) {
        completion_append_options(completion, buf);
    } else if (completion->kind == COMPLETION_WORDS) {
        completion_append_words(completion, buf);
    }
}
