/* SPDX-License-Identifier: MIT */
#include "daemon/cli/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "daemon/base/digest.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

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
    free(options->files);
    options->files = NULL;
    options->file_count = 0;
}

static int options_take_approval(const OptionRow *row, const char *value, Options *options,
                                 Err *err)
{
    (void)row;
    if (!digest_is_hex(value, DIGEST_WHOLE))
        return err_set(err, -EINVAL,
                       "--approve %s: not a digest, give the 64 hex digits that a dry run shows",
                       value);
    if (mem_grow(&options->approvals, &options->approval_capacity, options->approval_count + 1,
                 sizeof(*options->approvals)) < 0)
        return err_memory(err);
    options->approvals[options->approval_count++] = value;
    return 0;
}

/* A script's variable that holds nothing: taken as left out, it would mean all channels, or any
 * plan. */
int options_take_name(const OptionRow *row, const char *value, Options *options, Err *err)
{
    if (value[0] == '\0')
        return err_set(err, -EINVAL, "--%s: empty, give a value or leave it out", row->name);
    memcpy((char *)options + row->offset, &value, sizeof(value));
    return 0;
}

int options_take_level(const OptionRow *row, const char *value, Options *options, Err *err)
{
    if (log_parse_level(value, &options->log_level) < 0)
        return err_set(err, -EINVAL, "--%s %s: unknown, must be one of: %s", row->name, value,
                       LOG_LEVEL_WORDS);
    return 0;
}

int options_take_format(const OptionRow *row, const char *value, Options *options, Err *err)
{
    if (log_parse_format(value, &options->log_format) < 0)
        return err_set(err, -EINVAL, "--%s %s: unknown, must be one of: %s", row->name, value,
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

static int options_take_once(const OptionRow *row, const char *value, Options *options, Err *err)
{
    (void)row;
    (void)value;
    return options_choose(options, ACTION_ONCE, err);
}

static int options_take_check(const OptionRow *row, const char *value, Options *options, Err *err)
{
    (void)row;
    (void)value;
    return options_choose(options, ACTION_CHECK, err);
}

int options_take_version(const OptionRow *row, const char *value, Options *options, Err *err)
{
    (void)row;
    (void)value;
    return options_choose(options, ACTION_VERSION, err);
}

int options_take_help(const OptionRow *row, const char *value, Options *options, Err *err)
{
    (void)row;
    (void)value;
    return options_choose(options, ACTION_HELP, err);
}

static const OptionRow options_rows[] = {
    OPTION_CONFIG,
    {.name = "once", .take = options_take_once},
    {OPTION_JSON},
    {.name = "approve", .value = "DIGEST", .take = options_take_approval},
    {.name = "plan", .value = "FILE", OPTION_FIELD(plan_path), .take = options_take_name},
    {.name = "approve-plan", OPTION_FIELD(approves_plan)},
    {.name = "now", OPTION_FIELD(now)},
    {OPTION_DRY_RUN},
    {.name = "check", .take = options_take_check},
    OPTION_LOG_LEVEL,
    OPTION_LOG_FORMAT,
    OPTION_VERSION,
    OPTION_HELP,
};

static const char options_help[] =
    "rosterd [-c FILE] [--once [--plan FILE [--approve-plan]] [--approve DIGEST]...\n"
    "        [--now] [--json]] [--dry-run] [--check]\n"
    "\n"
    "Keeps the members of ROMA Connect VPC channels equal to a roster: deletes those\n"
    "that nobody wrote down, and adds what is missing where `mode` says so.\n"
    "\n"
    "  -c, --config FILE     settings; else $ROSTERD_CONFIG, else\n"
    "                        /etc/rosterd/rosterd.yaml\n"
    "      --once            one pass over all channels, a report, exit\n"
    "      --json            with --once: the report as JSON\n"
    "      --approve DIGEST  with --once: let exactly this plan pass its guards, once\n"
    "      --plan FILE       with --once: carry out the plan kept there, no other\n"
    "      --approve-plan    with --plan: let all of it pass its guards, once\n"
    "      --now             with either: open a closed window for these plans\n"
    "      --dry-run         nothing but reads leaves the machine\n"
    "      --check           read settings and rosters, print every error, ask nobody\n"
    "      --log-level LEVEL    err, warning, notice, info or debug (info)\n"
    "      --log-format FORMAT  text, json or journal (where stderr is the journal)\n"
    "      --version, --help\n"
    "\n"
    "Exit status of --once and --check: 0 in sync, 1 something failed, 2 drift is\n"
    "left, 3 a guard holds changes back, 64 usage, 75 another rosterd holds the\n"
    "state, 78 settings or rosters are invalid. See also rosterctl --help.\n";

const OptionTable options_of_rosterd = {
    .rows = options_rows, .count = ELEMENTS(options_rows), .help = options_help};

/* ---- by the table ---- */

static int options_take(const OptionTable *table, size_t number, Options *options, Err *err)
{
    const OptionRow *row = &table->rows[number];
    char *place = (char *)options + row->offset;

    options->given |= UINT32_C(1) << number;
    if (row->take)
        return row->take(row, optarg, options, err);
    if (row->value)
        memcpy(place, &optarg, sizeof(optarg));
    else
        *(bool *)place = true;
    return 0;
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

/* What getopt_long(3) goes by. It returns the number of a row, behind all letters. */
#define OPTIONS_LONG 256

typedef struct OptionsGetopt {
    struct option longs[OPTIONS_MAX + 1];
    char letters[2 * OPTIONS_MAX + sizeof("+:")];
} OptionsGetopt;

static void options_list(const OptionTable *table, OptionsGetopt *ret_getopt)
{
    char *letter = stpcpy(ret_getopt->letters, "+:");

    assert(table->count <= OPTIONS_MAX);
    for (size_t i = 0; i < table->count; i++) {
        const OptionRow *row = &table->rows[i];

        ret_getopt->longs[i] = (struct option){
            row->name, row->value ? required_argument : no_argument, NULL, OPTIONS_LONG + (int)i};
        if (row->letter)
            *letter++ = row->letter;
        if (row->letter && row->value)
            *letter++ = ':';
    }
    *letter = '\0';
    ret_getopt->longs[table->count] = (struct option){0};
}

static size_t options_find(const OptionTable *table, int option)
{
    size_t i = 0;

    if (option >= OPTIONS_LONG)
        return (size_t)(option - OPTIONS_LONG);
    while (table->rows[i].letter != option)
        i++;
    return i;
}

int options_scan(int argc, char *argv[], const OptionTable *table, Options *options, Err *err)
{
    OptionsGetopt known;
    int option;

    options_list(table, &known);
    opterr = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, known.letters, known.longs, NULL)) != -1) {
        int r = option == '?' || option == ':'
                    ? options_explain(option, argv, err)
                    : options_take(table, options_find(table, option), options, err);

        if (r < 0)
            return r;
    }
    return 0;
}

static int options_check_plan(const Options *options, Err *err)
{
    if (options->plan_path && options->action != ACTION_ONCE)
        return err_set(err, -EINVAL, "--plan goes with --once");
    if (options->approves_plan && !options->plan_path)
        return err_set(err, -EINVAL, "--approve-plan goes with --plan");
    if (options->now && options->approval_count == 0 && !options->approves_plan)
        return err_set(err, -EINVAL, "--now goes with --approve or --approve-plan");
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
    return options_check_plan(options, err);
}

int options_parse_rosterd(int argc, char *argv[], Options *ret_options, Err *err)
{
    int r;

    options_init(ret_options);
    r = options_scan(argc, argv, &options_of_rosterd, ret_options, err);
    if (r < 0)
        return r;
    if (optind < argc)
        return err_set(err, -EINVAL, "%s: unexpected, rosterd takes options only (see --help)",
                       argv[optind]);
    return options_check_rosterd(ret_options, err);
}
