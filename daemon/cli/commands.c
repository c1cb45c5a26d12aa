/* SPDX-License-Identifier: MIT */
#include "daemon/cli/commands_internal.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/duration.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

const Command commands_table[] = {
    {"plan", ACTION_PLAN, TAKES_JSON | TAKES_SOCKET | TAKES_LOCAL | TAKES_PLAN | MAY_CHANNELS},
    {"validate", ACTION_VALIDATE, MAY_FILES},
    {"check", ACTION_TRY, TAKES_JSON | TAKES_SOCKET | TAKES_INSTANCE},
    {"channels", ACTION_CHANNELS,
     TAKES_JSON | TAKES_SOCKET | TAKES_LOCAL | TAKES_INSTANCE | TAKES_MEMBERS},
    {"export", ACTION_EXPORT,
     TAKES_SOCKET | TAKES_LOCAL | TAKES_INSTANCE | TAKES_EXPORT | MAY_CHANNELS},
    {"schema", ACTION_SCHEMA, TAKES_DOCUMENT},
    {"status", ACTION_STATUS, TAKES_JSON | TAKES_SOCKET | TAKES_STATUS | MAY_CHANNEL},
    {"metrics", ACTION_METRICS, TAKES_SOCKET},
    {"history", ACTION_HISTORY, TAKES_JSON | TAKES_SOCKET | TAKES_HISTORY},
    {"undo", ACTION_UNDO, TAKES_JSON | TAKES_SOCKET | TAKES_DRY_RUN | TAKES_UNDO},
    {"pause", ACTION_PAUSE, TAKES_JSON | TAKES_SOCKET | TAKES_REASON | TAKES_SCOPE},
    {"resume", ACTION_RESUME, TAKES_JSON | TAKES_SOCKET | TAKES_SCOPE},
    {"approve", ACTION_APPROVE, TAKES_JSON | TAKES_SOCKET | TAKES_DIGEST},
    {"reconcile", ACTION_RECONCILE, TAKES_JSON | TAKES_SOCKET | MAY_CHANNEL},
    {"fleet", ACTION_FLEET, TAKES_JSON | TAKES_SOCKET | MAY_DRAIN},
};
const size_t commands_count = ELEMENTS(commands_table);

const char *commands_name(size_t number)
{
    return number < commands_count ? commands_table[number].name : NULL;
}

const Command *commands_find(const char *name)
{
    for (size_t i = 0; i < commands_count; i++) {
        if (str_equal(commands_table[i].name, name))
            return &commands_table[i];
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
    "  plan [C]... [-v] [--summary] [--local] [--out FILE] [--format FORMAT]\n"
    "                     what a pass would change; text, json, markdown or html\n"
    "  validate [FILE]... [--format FORMAT]  every error; text, json, github, gitlab\n"
    "  check [--instance NAME]                 what keeps this set-up from working\n"
    "  channels [--instance NAME] [--members] [--local]   what the service has\n"
    "  export [C]... [--instance NAME] [--output DIR [--force]] [--fields] [--local]\n"
    "                     rosters that say what is live, to begin with\n"
    "  schema (settings | roster)              JSON Schema of either, for editors\n"
    "Of the running rosterd (history and undo --dry-run work without one, too):\n"
    "  status [C] [--problems] [--exit-code | --watch]  as the last pass found it\n"
    "  metrics            for Prometheus, as they are now\n"
    "  history [--channel C] [--since 1h]      what was changed, when, why\n"
    "  undo (--last | --pass ID | --action ID) [--channel C] [--dry-run]  turn back\n"
    "  pause (C | --instance NAME | --all) --reason TEXT [--for 2h]  never change it\n"
    "  resume (C | --instance NAME | --all)    end the pause, say which still hold\n"
    "  approve DIGEST [--yes] [--now]          let exactly this plan pass its guards\n"
    "  reconcile [C]      a pass that begins now; waits, exits like rosterd --once\n"
    "  fleet [drain | undrain]                 who owns what; give all away, or not\n"
    "C: name, id, instance/name; --json: not validate, export, schema, metrics.\n"
    "  -c, --config FILE  settings; else $ROSTERD_CONFIG, /etc/rosterd/rosterd.yaml\n"
    "  --socket PATH, --log-level LEVEL, --log-format FORMAT, --version, --help\n"
    "Exit status: 0 in sync or done, 1 something failed or was refused, 2 drift,\n"
    "3 a guard holds, 64 usage, 69 no rosterd runs, 78 invalid settings or rosters.\n";

const OptionTable commands_options = {
    .rows = commands_rows, .count = ELEMENTS(commands_rows), .help = commands_help};

bool commands_option_fits(size_t number, const OptionRow *row)
{
    return !row->goes_with || (row->goes_with & commands_table[number].takes);
}
