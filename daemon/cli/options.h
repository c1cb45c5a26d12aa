/* SPDX-License-Identifier: MIT */
/* The command line of rosterd, and what it shares with rosterctl's (commands.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"

typedef enum Action {
    ACTION_DAEMON,
    ACTION_ONCE,
    ACTION_PLAN, /* rosterctl plan: a pass in dry run, for people */
    ACTION_CHECK,
    ACTION_STATUS, /* from here on of rosterctl alone */
    ACTION_HISTORY,
    ACTION_UNDO,
    ACTION_PAUSE,
    ACTION_RESUME,
    ACTION_APPROVE,
    ACTION_RECONCILE,
    ACTION_VERSION,
    ACTION_HELP,
} Action;

typedef struct Options {
    Action action;
    const char *config_path; /* borrowed from argv, the environment or a literal */
    const char **approvals;  /* digests of argv, in an array that options_done() frees */
    size_t approval_count, approval_capacity;
    bool json;
    bool dry_run;
    bool has_log_format;
    LogLevel log_level;
    LogFormat log_format;
    /* rosterctl's commands; NULL, 0 or false where not given */
    const char *socket_path;
    const char *channel;
    const char **channels; /* of plan: in an array that options_done() frees */
    size_t channel_count, channel_capacity;
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
    bool verbose;
    bool summary;
    bool is_local;
    bool yes;
    bool problems;
    bool exit_code;
} Options;

/* What getopt_long(3) returns for options without a letter. */
enum {
    OPTION_ONCE = 256,
    OPTION_APPROVE,
    OPTION_JSON,
    OPTION_DRY_RUN,
    OPTION_CHECK,
    OPTION_LOG_LEVEL,
    OPTION_LOG_FORMAT,
    OPTION_SOCKET,
    OPTION_CHANNEL,
    OPTION_INSTANCE,
    OPTION_ALL,
    OPTION_WATCH,
    OPTION_SINCE,
    OPTION_REASON,
    OPTION_FOR,
    OPTION_LAST,
    OPTION_PASS,
    OPTION_ACTION,
    OPTION_SUMMARY,
    OPTION_LOCAL,
    OPTION_YES,
    OPTION_PROBLEMS,
    OPTION_EXIT_CODE,
};

/* 0; -EINVAL with one line that names the mistake; -ENOMEM. options_done() in every case. */
int options_parse_rosterd(int argc, char *argv[], Options *ret_options, Err *err);
void options_done(Options *options);

/* For commands.c: what is so without any option; taking options, which are `known`, up to the first
 * word that is none (optind); and whether a text is a plan's digest as it is shown. */
struct option;
void options_init(Options *options);
int options_scan(int argc, char *argv[], const struct option *known, Options *options, Err *err);
bool options_is_digest(const char *text);
