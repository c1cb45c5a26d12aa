/* SPDX-License-Identifier: MIT */
/* The command line of rosterd, and what it shares with rosterctl's (commands.h): each program has
 * one table of its options. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/report/format.h"
#include "daemon/report/validation.h"

typedef enum Action {
    ACTION_DAEMON,
    ACTION_ONCE,
    ACTION_PLAN, /* rosterctl plan: a pass in dry run, for people */
    ACTION_CHECK,
    ACTION_CHANNELS, /* from here on of rosterctl alone */
    ACTION_EXPORT,
    ACTION_VALIDATE,
    ACTION_STATUS,
    ACTION_METRICS,
    ACTION_SCHEMA,
    ACTION_TRY, /* rosterctl check */
    ACTION_HISTORY,
    ACTION_UNDO,
    ACTION_PAUSE,
    ACTION_RESUME,
    ACTION_APPROVE,
    ACTION_RECONCILE,
    ACTION_FLEET,
    ACTION_VERSION,
    ACTION_HELP,
} Action;

typedef struct Options {
    Action action;
    const char *config_path; /* borrowed from argv, the environment or a literal; NULL: none, of
                              * validate with files alone */
    const char **approvals;  /* digests of argv, in an array that options_done() frees */
    size_t approval_count, approval_capacity;
    const char *plan_path; /* of --once: what it carries out; NULL: any plan */
    bool approves_plan;    /* and all of it is approved */
    bool json;
    bool dry_run;
    bool has_log_format;
    LogLevel log_level;
    LogFormat log_format;
    /* rosterctl's commands; NULL, 0 or false where not given */
    const char *socket_path;
    const char *channel;
    const char **channels; /* of plan and export: in an array that options_done() frees */
    size_t channel_count, channel_capacity;
    const char **files; /* of validate: likewise */
    size_t file_count, file_capacity;
    const char *document;     /* of schema: settings or roster */
    const char *fleet_change; /* of fleet: drain or undrain; NULL: it is shown */
    const char *instance;
    bool all;
    bool watch;
    const char *digest;
    const char *since; /* durations, checked */
    const char *duration;
    const char *reason;
    const char *pass;
    uint64_t action_id;
    bool last;
    const char *output; /* a directory */
    bool members;
    bool fields;
    bool force;
    bool verbose;
    bool summary;
    const char *format_word;
    ReportFormat format; /* of plan; JSON: `json` as well */
    ValidationFormat validation_format;
    const char *out_path; /* where the plan is kept; NULL: nowhere */
    bool is_local;
    bool yes;
    bool now; /* the approvals open a closed window as well */
    bool problems;
    bool exit_code;
    uint32_t given; /* bit N: the option of row N */
} Options;

/* One option of a program. */
typedef struct OptionRow OptionRow;
struct OptionRow {
    const char *name;  /* without its dashes */
    char letter;       /* '\0': none */
    const char *value; /* what --help calls its value; NULL: it has none */
    size_t offset;     /* the field that it sets: a text with a value, else a bool */
    /* What it does instead, NULL: nothing else. 0; -EINVAL with one line; -ENOMEM. */
    int (*take)(const OptionRow *row, const char *value, Options *options, Err *err);
    unsigned int goes_with; /* what of a command's `takes` allows it (commands.h); 0: any */
};

/* All options of a program: parsing goes by them; --help, the manual and the completion are tested
 * against them. */
typedef struct OptionTable {
    const OptionRow *rows;
    size_t count; /* OPTIONS_MAX at most */
    const char *help;
} OptionTable;

#define OPTIONS_MAX 32U

/* Rows of both programs. */
#define OPTION_FIELD(field) .offset = offsetof(Options, field)
#define OPTION_CONFIG                                                                              \
    {                                                                                              \
        .name = "config", .letter = 'c', .value = "FILE", OPTION_FIELD(config_path)                \
    }
#define OPTION_JSON .name = "json", OPTION_FIELD(json)
#define OPTION_DRY_RUN .name = "dry-run", OPTION_FIELD(dry_run)
#define OPTION_LOG_LEVEL                                                                           \
    {                                                                                              \
        .name = "log-level", .value = "LEVEL", .take = options_take_level                          \
    }
#define OPTION_LOG_FORMAT                                                                          \
    {                                                                                              \
        .name = "log-format", .value = "FORMAT", .take = options_take_format                       \
    }
#define OPTION_VERSION                                                                             \
    {                                                                                              \
        .name = "version", .letter = 'V', .take = options_take_version                             \
    }
#define OPTION_HELP                                                                                \
    {                                                                                              \
        .name = "help", .letter = 'h', .take = options_take_help                                   \
    }

extern const OptionTable options_of_rosterd;

/* 0; -EINVAL with one line that names the mistake; -ENOMEM. options_done() in every case. */
int options_parse_rosterd(int argc, char *argv[], Options *ret_options, Err *err);
void options_done(Options *options);

/* ---- for commands.c ---- */

/* What is so without any option. */
void options_init(Options *options);

/* Takes options of the table up to the first word that is none (optind). */
int options_scan(int argc, char *argv[], const OptionTable *table, Options *options, Err *err);

/* What the rows of both programs do. */
int options_take_name(const OptionRow *row, const char *value, Options *options, Err *err);
int options_take_level(const OptionRow *row, const char *value, Options *options, Err *err);
int options_take_format(const OptionRow *row, const char *value, Options *options, Err *err);
int options_take_version(const OptionRow *row, const char *value, Options *options, Err *err);
int options_take_help(const OptionRow *row, const char *value, Options *options, Err *err);
