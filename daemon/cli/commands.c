/* SPDX-License-Identifier: MIT */
#include "daemon/cli/commands.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/digest.h"
#include "daemon/base/duration.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

/* What a command takes besides --config and the options of the log. */
enum {
    TAKES_JSON = 1 << 0,
    TAKES_SOCKET = 1 << 1,
    TAKES_DRY_RUN = 1 << 2,
    TAKES_HISTORY = 1 << 3, /* --channel, --since */
    TAKES_REASON = 1 << 4,  /* --reason, --for */
    TAKES_UNDO = 1 << 5,    /* --last, --pass, --action, --channel */
    TAKES_SCOPE = 1 << 6,   /* a word, --instance or --all */
    MAY_CHANNEL = 1 << 7,   /* a word, or none */
    TAKES_DIGEST = 1 << 8,  /* a word */
    TAKES_PLAN = 1 << 9,    /* --verbose, --summary, --format, --out */
    TAKES_STATUS = 1 << 10, /* --problems, --exit-code, --watch */
    MAY_CHANNELS = 1 << 11, /* words */
    MAY_FILES = 1 << 12,    /* words, --format */
    TAKES_LOCAL = 1 << 13,
    TAKES_INSTANCE = 1 << 14,
    TAKES_MEMBERS = 1 << 15,
    TAKES_EXPORT = 1 << 16,   /* --output, --fields, --force */
    TAKES_DOCUMENT = 1 << 17, /* a word: settings or roster */
};

typedef struct Command {
    const char *name;
    Action action;
    unsigned int takes;
} Command;

static const Command commands[] = {
    {"plan", ACTION_PLAN, TAKES_JSON | TAKES_SOCKET | TAKES_LOCAL | TAKES_PLAN | MAY_CHANNELS},
    {"validate", ACTION_VALIDATE, MAY_FILES},
    {"channels", ACTION_CHANNELS,
     TAKES_JSON | TAKES_SOCKET | TAKES_LOCAL | TAKES_INSTANCE | TAKES_MEMBERS},
    {"export", ACTION_EXPORT,
     TAKES_SOCKET | TAKES_LOCAL | TAKES_INSTANCE | TAKES_EXPORT | MAY_CHANNELS},
    {"schema", ACTION_SCHEMA, TAKES_DOCUMENT},
    {"status", ACTION_STATUS, TAKES_JSON | TAKES_SOCKET | TAKES_STATUS | MAY_CHANNEL},
    {"history", ACTION_HISTORY, TAKES_JSON | TAKES_SOCKET | TAKES_HISTORY},
    {"undo", ACTION_UNDO, TAKES_JSON | TAKES_SOCKET | TAKES_DRY_RUN | TAKES_UNDO},
    {"pause", ACTION_PAUSE, TAKES_JSON | TAKES_SOCKET | TAKES_REASON | TAKES_SCOPE},
    {"resume", ACTION_RESUME, TAKES_JSON | TAKES_SOCKET | TAKES_SCOPE},
    {"approve", ACTION_APPROVE, TAKES_JSON | TAKES_SOCKET | TAKES_DIGEST},
    {"reconcile", ACTION_RECONCILE, TAKES_JSON | TAKES_SOCKET | MAY_CHANNEL},
};

const char *commands_name(size_t number)
{
    return number < ELEMENTS(commands) ? commands[number].name : NULL;
}

/* Says of what was typed that it is no command, and which there are. */
static int commands_refuse(const char *what, Err *err)
{
    _cleanup_(buf_done) Buf names = {0};

    for (size_t i = 0; i < ELEMENTS(commands); i++)
        buf_printf(&names, "%s%s",
                   i == 0                       ? ""
                   : i + 1 < ELEMENTS(commands) ? ", "
                                                : " or ",
                   commands[i].name);
    return err_set(err, -EINVAL, "%s, use %s (see --help)", what, buf_text(&names));
}

static const Command *commands_find(const char *name)
{
    for (size_t i = 0; i < ELEMENTS(commands); i++) {
        if (str_equal(commands[i].name, name))
            return &commands[i];
    }
    return NULL;
}

/* ---- options ---- */

static int commands_take_since(const OptionRow *row, const char *text, Options *options, Err *err)
{
    uint64_t usec;
    int r = duration_parse_since(text, clock_realtime_usec(), &usec);

    (void)row;
    if (r == -EDOM)
        return err_set(err, -EINVAL, "--since %s: in the future, must be a time before now", text);
    if (r == -ERANGE)
        return err_set(err, -EINVAL, "--since %s: out of range, must be 36500d (100 years) or less",
                       text);
    if (r < 0)
        return err_set(err, -EINVAL, "--since %s: not a time, write " DURATION_SINCE_HINT, text);
    options->since = text;
    return 0;
}

static int commands_take_for(const OptionRow *row, const char *text, Options *options, Err *err)
{
    uint64_t usec;
    int r = duration_parse(text, &usec);

    (void)row;
    if (r == -ERANGE || (r == 0 && usec == 0))
        return err_set(err, -EINVAL,
                       "--for %s: out of range, must be more than 0 and 36500d (100 years) or less",
                       text);
    if (r < 0)
        return err_set(err, -EINVAL, "--for %s: not a duration, write 30m, 2h, 7d or 2w", text);
    options->duration = text;
    return 0;
}

static int commands_take_action(const OptionRow *row, const char *value, Options *options, Err *err)
{
    (void)row;
    if (str_parse_uint(value, INT64_MAX, &options->action_id) < 0 || options->action_id == 0)
        return err_set(err, -EINVAL, "--action %s: not a number that a history shows", value);
    return 0;
}

static const OptionRow commands_rows[] = {
    OPTION_CONFIG,
    {OPTION_JSON, .goes_with = TAKES_JSON},
    {OPTION_DRY_RUN, .goes_with = TAKES_DRY_RUN},
    {.name = "socket", .value = "PATH", OPTION_FIELD(socket_path), .goes_with = TAKES_SOCKET},
    {.name = "channel",
     .value = "C",
     OPTION_FIELD(channel),
     .take = options_take_name,
     .goes_with = TAKES_HISTORY | TAKES_UNDO | TAKES_SCOPE | MAY_CHANNEL},
    {.name = "instance",
     .value = "NAME",
     OPTION_FIELD(instance),
     .take = options_take_name,
     .goes_with = TAKES_SCOPE | TAKES_INSTANCE},
    {.name = "members", OPTION_FIELD(members), .goes_with = TAKES_MEMBERS},
    {.name = "output",
     .value = "DIR",
     OPTION_FIELD(output),
     .take = options_take_name,
     .goes_with = TAKES_EXPORT},
    {.name = "fields", OPTION_FIELD(fields), .goes_with = TAKES_EXPORT},
    {.name = "force", OPTION_FIELD(force), .goes_with = TAKES_EXPORT},
    {.name = "all", OPTION_FIELD(all), .goes_with = TAKES_SCOPE},
    {.name = "watch", OPTION_FIELD(watch), .goes_with = TAKES_STATUS},
    {.name = "since", .value = "1h", .take = commands_take_since, .goes_with = TAKES_HISTORY},
    {.name = "reason", .value = "TEXT", OPTION_FIELD(reason), .goes_with = TAKES_REASON},
    {.name = "for", .value = "2h", .take = commands_take_for, .goes_with = TAKES_REASON},
    {.name = "last", OPTION_FIELD(last), .goes_with = TAKES_UNDO},
    {.name = "pass",
     .value = "ID",
     OPTION_FIELD(pass),
     .take = options_take_name,
     .goes_with = TAKES_UNDO},
    {.name = "action", .value = "ID", .take = commands_take_action, .goes_with = TAKES_UNDO},
    {.name = "verbose", .letter = 'v', OPTION_FIELD(verbose), .goes_with = TAKES_PLAN},
    {.name = "summary", OPTION_FIELD(summary), .goes_with = TAKES_PLAN},
    {.name = "local", OPTION_FIELD(is_local), .goes_with = TAKES_LOCAL},
    {.name = "format",
     .value = "FORMAT",
     OPTION_FIELD(format_word),
     .take = options_take_name,
     .goes_with = TAKES_PLAN | MAY_FILES},
    {.name = "out",
     .value = "FILE",
     OPTION_FIELD(out_path),
     .take = options_take_name,
     .goes_with = TAKES_PLAN},
    {.name = "yes", OPTION_FIELD(yes), .goes_with = TAKES_DIGEST},
    {.name = "now", OPTION_FIELD(now), .goes_with = TAKES_DIGEST},
    {.name = "problems", OPTION_FIELD(problems), .goes_with = TAKES_STATUS},
    {.name = "exit-code", OPTION_FIELD(exit_code), .goes_with = TAKES_STATUS},
    OPTION_LOG_LEVEL,
    OPTION_LOG_FORMAT,
    OPTION_VERSION,
    OPTION_HELP,
};

static const char commands_help[] =
    "rosterctl COMMAND [-c FILE] [OPTIONS]\n"
    "\n"
    "  plan [C]... [-v] [--summary] [--local] [--out FILE] [--format FORMAT]\n"
    "                     what a pass would change; text, json, markdown or html\n"
    "  validate [FILE]... [--format FORMAT]  every error; text, json, github, gitlab\n"
    "  channels [--instance NAME] [--members] [--local]   what the service has\n"
    "  export [C]... [--instance NAME] [--output DIR [--force]] [--fields] [--local]\n"
    "                     rosters that say what is live, to begin with\n"
    "  schema (settings | roster)              JSON Schema of either, for editors\n"
    "Of the running rosterd (history and undo --dry-run work without one, too):\n"
    "  status [C] [--problems] [--exit-code | --watch]  as the last pass found it\n"
    "  history [--channel C] [--since 1h]      what was changed, when, why\n"
    "  undo (--last | --pass ID | --action ID) [--channel C] [--dry-run]\n"
    "                     add deleted members back as they were, pause their channels\n"
    "  pause (C | --instance NAME | --all) --reason TEXT [--for 2h]  never change it\n"
    "  resume (C | --instance NAME | --all)    end the pause, say which still hold\n"
    "  approve DIGEST [--yes] [--now]          let exactly this plan pass its guards\n"
    "  reconcile [C]      a pass that begins now; waits, exits like rosterd --once\n"
    "C is a channel: name, id, instance/name; --json: not validate, export, schema.\n"
    "  -c, --config FILE  settings; else $ROSTERD_CONFIG, /etc/rosterd/rosterd.yaml\n"
    "      --socket PATH  rosterd's control socket, where it is not the settings'\n"
    "      --log-level LEVEL, --log-format FORMAT, --version, --help\n"
    "Exit status: 0 in sync or done, 1 something failed or was refused, 2 drift,\n"
    "3 a guard holds, 64 usage, 69 no rosterd runs, 78 invalid settings or rosters.\n";

const OptionTable commands_options = {
    .rows = commands_rows, .count = ELEMENTS(commands_rows), .help = commands_help};

bool commands_option_fits(size_t number, const OptionRow *row)
{
    return !row->goes_with || (row->goes_with & commands[number].takes);
}

/* The first option given that the command does not take, or NULL. */
static const OptionRow *commands_unwanted(const Command *command, const Options *options)
{
    for (size_t i = 0; i < ELEMENTS(commands_rows); i++) {
        if ((options->given >> i & 1) &&
            !commands_option_fits((size_t)(command - commands), &commands_rows[i]))
            return &commands_rows[i];
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
    if ((command->takes & TAKES_DOCUMENT) && !options->document)
        return commands_take_document(options, word, err);
    if ((command->takes & TAKES_DIGEST) && !options->digest)
        return commands_take_digest(options, word, err);
    return err_set(err, -EINVAL, "%s: unexpected after %s (see --help)", word, command->name);
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
