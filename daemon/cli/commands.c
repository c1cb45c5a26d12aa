/* SPDX-License-Identifier: MIT */
#include "daemon/cli/commands.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "daemon/base/duration.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

static const struct option commands_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"json", no_argument, NULL, OPTION_JSON},
    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
    {"socket", required_argument, NULL, OPTION_SOCKET},
    {"channel", required_argument, NULL, OPTION_CHANNEL},
    {"instance", required_argument, NULL, OPTION_INSTANCE},
    {"all", no_argument, NULL, OPTION_ALL},
    {"watch", no_argument, NULL, OPTION_WATCH},
    {"since", required_argument, NULL, OPTION_SINCE},
    {"reason", required_argument, NULL, OPTION_REASON},
    {"for", required_argument, NULL, OPTION_FOR},
    {"last", no_argument, NULL, OPTION_LAST},
    {"pass", required_argument, NULL, OPTION_PASS},
    {"action", required_argument, NULL, OPTION_ACTION},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
    {"log-format", required_argument, NULL, OPTION_LOG_FORMAT},
    {"verbose", no_argument, NULL, 'v'},
    {"summary", no_argument, NULL, OPTION_SUMMARY},
    {"local", no_argument, NULL, OPTION_LOCAL},
    {"yes", no_argument, NULL, OPTION_YES},
    {"problems", no_argument, NULL, OPTION_PROBLEMS},
    {"exit-code", no_argument, NULL, OPTION_EXIT_CODE},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

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
    TAKES_PLAN = 1 << 9,    /* --verbose, --summary, --local */
    TAKES_STATUS = 1 << 10, /* --problems, --exit-code, --watch */
    MAY_CHANNELS = 1 << 11, /* words */
};

typedef struct Command {
    const char *name;
    Action action;
    unsigned int takes;
} Command;

static const Command commands[] = {
    {"plan", ACTION_PLAN, TAKES_JSON | TAKES_SOCKET | TAKES_PLAN | MAY_CHANNELS},
    {"validate", ACTION_CHECK, 0},
    {"status", ACTION_STATUS, TAKES_JSON | TAKES_SOCKET | TAKES_STATUS | MAY_CHANNEL},
    {"history", ACTION_HISTORY, TAKES_JSON | TAKES_SOCKET | TAKES_HISTORY},
    {"undo", ACTION_UNDO, TAKES_JSON | TAKES_SOCKET | TAKES_DRY_RUN | TAKES_UNDO},
    {"pause", ACTION_PAUSE, TAKES_JSON | TAKES_SOCKET | TAKES_REASON | TAKES_SCOPE},
    {"resume", ACTION_RESUME, TAKES_JSON | TAKES_SOCKET | TAKES_SCOPE},
    {"approve", ACTION_APPROVE, TAKES_JSON | TAKES_SOCKET | TAKES_DIGEST},
    {"reconcile", ACTION_RECONCILE, TAKES_JSON | TAKES_SOCKET | MAY_CHANNEL},
};

#define COMMANDS_LISTED                                                                            \
    "use plan, validate, status, history, undo, pause, resume, approve or reconcile"

static const Command *commands_find(const char *name)
{
    for (size_t i = 0; i < ELEMENTS(commands); i++) {
        if (str_equal(commands[i].name, name))
            return &commands[i];
    }
    return NULL;
}

/* The first option given that the command does not take, or NULL. */
static const char *commands_unwanted(const Command *command, const Options *options)
{
    const struct {
        bool is_given;
        unsigned int needs;
        const char *name;
    } rows[] = {
        {options->json, TAKES_JSON, "--json"},
        {options->dry_run, TAKES_DRY_RUN, "--dry-run"},
        {options->socket_path, TAKES_SOCKET, "--socket"},
        {options->channel, TAKES_HISTORY | TAKES_UNDO | TAKES_SCOPE | MAY_CHANNEL, "--channel"},
        {options->instance, TAKES_SCOPE, "--instance"},
        {options->all, TAKES_SCOPE, "--all"},
        {options->watch, TAKES_STATUS, "--watch"},
        {options->since, TAKES_HISTORY, "--since"},
        {options->reason, TAKES_REASON, "--reason"},
        {options->duration, TAKES_REASON, "--for"},
        {options->last, TAKES_UNDO, "--last"},
        {options->pass, TAKES_UNDO, "--pass"},
        {options->action_id, TAKES_UNDO, "--action"},
        {options->verbose, TAKES_PLAN, "--verbose"},
        {options->summary, TAKES_PLAN, "--summary"},
        {options->is_local, TAKES_PLAN, "--local"},
        {options->yes, TAKES_DIGEST, "--yes"},
        {options->problems, TAKES_STATUS, "--problems"},
        {options->exit_code, TAKES_STATUS, "--exit-code"},
    };

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        if (rows[i].is_given && !(command->takes & rows[i].needs))
            return rows[i].name;
    }
    return NULL;
}

static int commands_check_since(const char *text, Err *err)
{
    uint64_t usec;
    int r = text ? duration_parse_since(text, clock_realtime_usec(), &usec) : 0;

    if (r == -EDOM)
        return err_set(err, -EINVAL, "--since %s: in the future, must be a time before now", text);
    if (r == -ERANGE)
        return err_set(err, -EINVAL, "--since %s: out of range, must be 36500d (100 years) or less",
                       text);
    if (r < 0)
        return err_set(err, -EINVAL, "--since %s: not a time, write " DURATION_SINCE_HINT, text);
    return 0;
}

static int commands_check_for(const char *text, Err *err)
{
    uint64_t usec = 1;
    int r = text ? duration_parse(text, &usec) : 0;

    if (r == -ERANGE || usec == 0)
        return err_set(err, -EINVAL,
                       "--for %s: out of range, must be more than 0 and 36500d (100 years) or less",
                       text);
    if (r < 0)
        return err_set(err, -EINVAL, "--for %s: not a duration, write 30m, 2h, 7d or 2w", text);
    return 0;
}

/* A script's variable that holds nothing: taken as left out, it would mean all channels. */
static int commands_check_texts(const Options *options, Err *err)
{
    const struct {
        const char *text, *name;
    } rows[] = {
        {options->channel, "--channel"},
        {options->instance, "--instance"},
        {options->pass, "--pass"},
    };

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        if (rows[i].text && rows[i].text[0] == '\0')
            return err_set(err, -EINVAL, "%s: empty, give a value or leave it out", rows[i].name);
    }
    return 0;
}

static int commands_check(const Command *command, const Options *options, Err *err)
{
    const char *unwanted = commands_unwanted(command, options);
    int chosen = options->last + (options->pass != NULL) + (options->action_id != 0);
    int r;

    if (unwanted)
        return err_set(err, -EINVAL, "%s does not go with %s (see --help)", unwanted,
                       command->name);
    r = commands_check_texts(options, err);
    if (r == 0)
        r = commands_check_since(options->since, err);
    if (r == 0)
        r = commands_check_for(options->duration, err);
    if (r < 0)
        return r;
    if ((command->takes & TAKES_REASON) && str_is_empty(options->reason))
        return err_set(err, -EINVAL, "pause needs --reason TEXT: whoever finds it wants to know");
    if ((command->takes & TAKES_UNDO) && chosen != 1)
        return err_set(err, -EINVAL, "undo needs one of --last, --pass ID and --action ID");
    return 0;
}

/* A whole digest, or its beginning. */
static bool commands_is_digest(const char *text)
{
    size_t size = strlen(text);

    return size >= 12 && size <= 64 && strspn(text, "0123456789abcdef") == size;
}

static int commands_add_channel(Options *options, const char *word, Err *err)
{
    if (mem_grow(&options->channels, &options->channel_capacity, options->channel_count + 1,
                 sizeof(*options->channels)) < 0)
        return err_memory(err);
    options->channels[options->channel_count++] = word;
    return 0;
}

static int commands_take_word(const Command *command, Options *options, const char *word, Err *err)
{
    bool takes_one = (command->takes & (TAKES_SCOPE | MAY_CHANNEL)) && !options->channel;

    if ((takes_one || (command->takes & MAY_CHANNELS)) && word[0] == '\0')
        return err_set(err, -EINVAL, "%s: an empty CHANNEL (see --help)", command->name);
    if (command->takes & MAY_CHANNELS)
        return commands_add_channel(options, word, err);
    if (takes_one) {
        options->channel = word;
        return 0;
    }
    if ((command->takes & TAKES_DIGEST) && !options->digest) {
        options->digest = word;
        if (commands_is_digest(word))
            return 0;
        return err_set(err, -EINVAL,
                       "approve %s: not a digest, give the hex digits that a plan shows, the first "
                       "12 at least",
                       word);
    }
    return err_set(err, -EINVAL, "%s: unexpected after %s (see --help)", word, command->name);
}

static int commands_take_command(const char *word, const Command **ret_command, Options *options,
                                 Err *err)
{
    const Command *command = commands_find(word);

    if (!command)
        return err_set(err, -EINVAL, "%s: unknown command, " COMMANDS_LISTED " (see --help)", word);
    *ret_command = command;
    options->action = command->action;
    return 0;
}

static int commands_finish(const Command *command, Options *options, Err *err)
{
    int r;

    if (!command)
        return err_set(err, -EINVAL, "no command given, " COMMANDS_LISTED " (see --help)");
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
    return 0;
}

/* Options and words may come in any order; the first word is the command. */
int commands_parse(int argc, char *argv[], Options *ret_options, Err *err)
{
    const Command *command = NULL;
    int at = 0, r;

    options_init(ret_options);
    ret_options->log_level = LOG_LEVEL_WARNING;
    for (;;) {
        r = options_scan(argc - at, argv + at, commands_options, ret_options, err);
        if (r < 0 || ret_options->action == ACTION_HELP || ret_options->action == ACTION_VERSION)
            return r;
        at += optind;
        if (at >= argc)
            return commands_finish(command, ret_options, err);
        r = command ? commands_take_word(command, ret_options, argv[at], err)
                    : commands_take_command(argv[at], &command, ret_options, err);
        if (r < 0)
            return r;
    }
}
