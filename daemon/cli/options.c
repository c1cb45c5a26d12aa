/* SPDX-License-Identifier: MIT */
#include "daemon/cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "daemon/base/digest.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

static const struct option rosterd_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"once", no_argument, NULL, OPTION_ONCE},
    {"approve", required_argument, NULL, OPTION_APPROVE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"log-level", required_argument, NULL, OPTION_LOG_LEVEL},
    {"log-format", required_argument, NULL, OPTION_LOG_FORMAT},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {0},
};

void options_init(Options *options)
{
    const char *path = getenv("ROSTERD_CONFIG");

    *options = (Options){
        .config_path = str_is_empty(path) ? CONFIG_PATH_DEFAULT : path,
        .log_level = LOG_LEVEL_INFO,
    };
}

void options_done(Options *options)
{
    free(options->approvals);
    options->approvals = NULL;
    options->approval_count = 0;
    free(options->channels);
    options->channels = NULL;
    options->channel_count = 0;
}

bool options_is_digest(const char *text)
{
    return strlen(text) == DIGEST_HEX_SIZE - 1 &&
           strspn(text, "0123456789abcdef") == DIGEST_HEX_SIZE - 1;
}

static int options_add_approval(Options *options, const char *digest, Err *err)
{
    if (!options_is_digest(digest))
        return err_set(err, -EINVAL,
                       "--approve %s: not a digest, give the 64 hex digits that a dry run shows",
                       digest);
    if (mem_grow(&options->approvals, &options->approval_capacity, options->approval_count + 1,
                 sizeof(*options->approvals)) < 0)
        return err_memory(err);
    options->approvals[options->approval_count++] = digest;
    return 0;
}

static int options_take_command_option(Options *options, int option, Err *err)
{
    switch (option) {
    case 'v':
        options->verbose = true;
        return 0;
    case OPTION_YES:
        options->yes = true;
        return 0;
    case OPTION_PROBLEMS:
        options->problems = true;
        return 0;
    case OPTION_EXIT_CODE:
        options->exit_code = true;
        return 0;
    case OPTION_LOCAL:
        options->is_local = true;
        return 0;
    case OPTION_SUMMARY:
        options->summary = true;
        return 0;
    case OPTION_SOCKET:
        options->socket_path = optarg;
        return 0;
    case OPTION_CHANNEL:
        options->channel = optarg;
        return 0;
    case OPTION_INSTANCE:
        options->instance = optarg;
        return 0;
    case OPTION_ALL:
        options->all = true;
        return 0;
    case OPTION_WATCH:
        options->watch = true;
        return 0;
    case OPTION_SINCE:
        options->since = optarg;
        return 0;
    case OPTION_REASON:
        options->reason = optarg;
        return 0;
    case OPTION_FOR:
        options->duration = optarg;
        return 0;
    case OPTION_LAST:
        options->last = true;
        return 0;
    case OPTION_PASS:
        options->pass = optarg;
        return 0;
    default:
        if (str_parse_uint(optarg, INT64_MAX, &options->action_id) < 0 || options->action_id == 0)
            return err_set(err, -EINVAL, "--action %s: not a number that a history shows", optarg);
        return 0;
    }
}

static int options_take_log(Options *options, int option, Err *err)
{
    if (option == OPTION_LOG_LEVEL) {
        if (log_parse_level(optarg, &options->log_level) < 0)
            return err_set(err, -EINVAL, "--log-level %s: unknown, must be one of: %s", optarg,
                           LOG_LEVEL_WORDS);
        return 0;
    }
    if (log_parse_format(optarg, &options->log_format) < 0)
        return err_set(err, -EINVAL, "--log-format %s: unknown, must be one of: %s", optarg,
                       LOG_FORMAT_WORDS);
    options->has_log_format = true;
    return 0;
}

/* Two actions exclude each other; --help and --version win over all. */
static int options_choose(Options *options, Action action, Err *err)
{
    if (options->action == ACTION_HELP || options->action == ACTION_VERSION)
        return 0;
    if (action != ACTION_HELP && action != ACTION_VERSION && options->action != ACTION_DAEMON &&
        options->action != action)
        return err_set(err, -EINVAL, "--once and --check exclude each other");
    options->action = action;
    return 0;
}

static int options_take(Options *options, int option, Err *err)
{
    switch (option) {
    case 'c':
        options->config_path = optarg;
        return 0;
    case OPTION_ONCE:
        return options_choose(options, ACTION_ONCE, err);
    case OPTION_CHECK:
        return options_choose(options, ACTION_CHECK, err);
    case 'V':
        return options_choose(options, ACTION_VERSION, err);
    case 'h':
        return options_choose(options, ACTION_HELP, err);
    case OPTION_APPROVE:
        return options_add_approval(options, optarg, err);
    case OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_DRY_RUN:
        options->dry_run = true;
        return 0;
    case OPTION_LOG_LEVEL:
    case OPTION_LOG_FORMAT:
        return options_take_log(options, option, err);
    default:
        return options_take_command_option(options, option, err);
    }
}

/* What getopt refused, in words. */
static int options_explain(int option, char *const argv[], Err *err)
{
    const char *word = argv[optind - 1];

    if (option == ':')
        return err_set(err, -EINVAL, "%s: needs a value (see --help)", word);
    if (optopt && optopt < 256 && word[0] == '-' && word[1] != '-')
        return err_set(err, -EINVAL, "-%c: unknown option (see --help)", optopt);
    if (optopt)
        return err_set(err, -EINVAL, "%s: takes no value (see --help)", word);
    return err_set(err, -EINVAL, "%s: unknown or ambiguous option (see --help)", word);
}

int options_scan(int argc, char *argv[], const struct option *known, Options *options, Err *err)
{
    int option;

    opterr = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, "+:c:hvV", known, NULL)) != -1) {
        int r = option == '?' || option == ':' ? options_explain(option, argv, err)
                                               : options_take(options, option, err);

        if (r < 0)
            return r;
    }
    return 0;
}

static int options_check_rosterd(const Options *options, Err *err)
{
    if (options->action == ACTION_HELP || options->action == ACTION_VERSION)
        return 0;
    if (options->json && options->action != ACTION_ONCE)
        return err_set(err, -EINVAL, "--json goes with --once");
    if (options->approval_count > 0 && options->action != ACTION_ONCE)
        return err_set(err, -EINVAL, "--approve goes with --once");
    if (options->dry_run && options->action == ACTION_CHECK)
        return err_set(err, -EINVAL, "--dry-run does not go with --check, which talks to nobody");
    return 0;
}

int options_parse_rosterd(int argc, char *argv[], Options *ret_options, Err *err)
{
    int r;

    options_init(ret_options);
    r = options_scan(argc, argv, rosterd_options, ret_options, err);
    if (r < 0)
        return r;
    if (optind < argc)
        return err_set(err, -EINVAL, "%s: unexpected, rosterd takes options only (see --help)",
                       argv[optind]);
    return options_check_rosterd(ret_options, err);
}
