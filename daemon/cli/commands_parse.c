/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "daemon/base/buf.h"
#include "daemon/base/digest.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/cli/commands_internal.h"

/* Says of what was typed that it is no command, and which there are. */
static int commands_refuse(const char *what, Err *err)
{
    _cleanup_(buf_done) Buf names = {0};

    for (size_t i = 0; i < commands_count; i++)
        buf_printf(&names, "%s%s",
                   i == 0                   ? ""
                   : i + 1 < commands_count ? ", "
                                            : " or ",
                   commands_table[i].name);
    return err_set(err, -EINVAL, "%s, use %s (see --help)", what, buf_text(&names));
}

/* The first option given that the command does not take, or NULL. */
static const OptionRow *commands_unwanted(const Command *command, const Options *options)
{
    for (size_t i = 0; i < commands_options.count; i++) {
        if ((options->given >> i & 1) &&
            !commands_option_fits((size_t)(command - commands_table), &commands_options.rows[i]))
            return &commands_options.rows[i];
    }
    return NULL;
}

static int commands_check(const Command *command, const Options *options, Err *err)
{
    const OptionRow *unwanted = commands_unwanted(command, options);
    int chosen = options->last + (options->pass != NULL) + (options->action_id != 0);

    if (unwanted)
        return err_set(err, -EINVAL, "--%s does not go with %s (see --help)", unwanted->name,
                       command->name);
    if ((command->takes & TAKES_REASON) && str_is_empty(options->reason))
        return err_set(err, -EINVAL, "pause needs --reason TEXT: whoever finds it wants to know");
    if ((command->takes & TAKES_DOCUMENT) && !options->document)
        return err_set(err, -EINVAL, "schema needs one of settings and roster (see --help)");
    if ((command->takes & TAKES_UNDO) && chosen != 1)
        return err_set(err, -EINVAL, "undo needs one of --last, --pass ID and --action ID");
    if (options->force && !options->output)
        return err_set(err, -EINVAL, "--force writes over files: it needs --output DIR");
    return 0;
}

static int commands_add_word(const char ***words, size_t *count, size_t *capacity, const char *word,
                             Err *err)
{
    if (mem_grow(words, capacity, *count + 1, sizeof(**words)) < 0)
        return err_memory(err);
    (*words)[(*count)++] = word;
    return 0;
}

static int commands_take_document(Options *options, const char *word, Err *err)
{
    if (!str_equal(word, "settings") && !str_equal(word, "roster"))
        return err_set(err, -EINVAL, "schema %s: unknown, must be settings or roster", word);
    options->document = word;
    return 0;
}

static int commands_take_fleet_change(Options *options, const char *word, Err *err)
{
    if (!str_equal(word, "drain") && !str_equal(word, "undrain"))
        return err_set(err, -EINVAL, "fleet %s: unknown, must be drain or undrain, or be left out",
                       word);
    options->fleet_change = word;
    return 0;
}

static int commands_take_digest(Options *options, const char *word, Err *err)
{
    if (!digest_is_hex(word, DIGEST_SHORT))
        return err_set(err, -EINVAL,
                       "approve %s: not a digest, give the hex digits that a plan shows, the first "
                       "%d at least",
                       word, DIGEST_SHORT);
    options->digest = word;
    return 0;
}

/* A word that is neither a channel nor a file. */
static int commands_take_own_word(const Command *command, Options *options, const char *word,
                                  Err *err)
{
    if ((command->takes & TAKES_DOCUMENT) && !options->document)
        return commands_take_document(options, word, err);
    if ((command->takes & TAKES_DIGEST) && !options->digest)
        return commands_take_digest(options, word, err);
    if ((command->takes & MAY_DRAIN) && !options->fleet_change)
        return commands_take_fleet_change(options, word, err);
    return err_set(err, -EINVAL, "%s: unexpected after %s (see --help)", word, command->name);
}

static int commands_take_word(const Command *command, Options *options, const char *word, Err *err)
{
    bool takes_one = (command->takes & (TAKES_SCOPE | MAY_CHANNEL)) && !options->channel;

    if ((takes_one || (command->takes & MAY_CHANNELS)) && word[0] == '\0')
        return err_set(err, -EINVAL, "%s: an empty CHANNEL (see --help)", command->name);
    if ((command->takes & MAY_FILES) && word[0] == '\0')
        return err_set(err, -EINVAL, "%s: an empty FILE (see --help)", command->name);
    if (command->takes & MAY_CHANNELS)
        return commands_add_word(&options->channels, &options->channel_count,
                                 &options->channel_capacity, word, err);
    if (command->takes & MAY_FILES)
        return commands_add_word(&options->files, &options->file_count, &options->file_capacity,
                                 word, err);
    if (takes_one) {
        options->channel = word;
        return 0;
    }
    return commands_take_own_word(command, options, word, err);
}

static int commands_take_command(const char *word, const Command **ret_command, Options *options,
                                 Err *err)
{
    const Command *command = commands_find(word);

    char what[128];

    if (!command) {
        snprintf(what, sizeof(what), "%s: unknown command", word);
        return commands_refuse(what, err);
    }
    *ret_command = command;
    options->action = command->action;
    return 0;
}

/* --json and --format say the same thing, or one of them is a mistake. */
static int commands_settle_format(const Command *command, Options *options, Err *err)
{
    const char *word = options->format_word;
    bool is_validate = command->action == ACTION_VALIDATE;

    if (word && (is_validate ? validation_parse_format(word, &options->validation_format)
                             : report_format_parse(word, &options->format)) < 0)
        return err_set(err, -EINVAL, "--format %s: unknown, must be one of: %s", word,
                       is_validate ? VALIDATION_FORMAT_WORDS : REPORT_FORMAT_WORDS);
    if (options->json && word && options->format != REPORT_FORMAT_JSON)
        return err_set(err, -EINVAL, "--json does not go with a --format other than json");
    if (options->json)
        options->format = REPORT_FORMAT_JSON;
    options->json = options->format == REPORT_FORMAT_JSON;
    return 0;
}

static int commands_finish(const Command *command, Options *options, Err *err)
{
    int r;

    if (!command)
        return commands_refuse("no command given", err);
    r = commands_check(command, options, err);
    if (r < 0)
        return r;
    if ((command->takes & TAKES_SCOPE) &&
        (options->channel != NULL) + (options->instance != NULL) + options->all != 1)
        return err_set(err, -EINVAL, "%s needs one of CHANNEL, --instance NAME and --all",
                       command->name);
    if (options->is_local && options->socket_path)
        return err_set(err, -EINVAL, "--local asks no rosterd: it does not go with --socket");
    if (options->watch && options->exit_code)
        return err_set(err, -EINVAL, "--watch goes on for ever: it does not go with --exit-code");
    if ((command->takes & TAKES_DIGEST) && !options->digest)
        return err_set(err, -EINVAL, "approve needs a DIGEST, as a plan shows it (see --help)");
    options->dry_run = options->dry_run || command->action == ACTION_PLAN;
    /* --config is the first row. */
    if (options->file_count > 0 && !(options->given & 1))
        options->config_path = NULL;
    return commands_settle_format(command, options, err);
}

/* Options and words may come in any order; the first word is the command. Behind -- there are words
 * alone. */
int commands_parse(int argc, char *argv[], Options *ret_options, Err *err)
{
    const Command *command = NULL;
    bool has_words_alone = false;
    int at = 0, r;

    options_init(ret_options);
    ret_options->log_level = LOG_LEVEL_WARNING;
    for (;;) {
        optind = 1;
        r = has_words_alone
                ? 0
                : options_scan(argc - at, argv + at, &commands_options, ret_options, err);
        if (r < 0 || ret_options->action == ACTION_HELP || ret_options->action == ACTION_VERSION)
            return r;
        at += optind;
        has_words_alone = has_words_alone || str_equal(argv[at - 1], "--");
        if (at >= argc)
            return commands_finish(command, ret_options, err);
        r = command ? commands_take_word(command, ret_options, argv[at], err)
                    : commands_take_command(argv[at], &command, ret_options, err);
        if (r < 0)
            return r;
    }
}
