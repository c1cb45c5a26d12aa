/* The command lines of rosterd and rosterctl (PRODUCT.md section 1). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/log.h"

typedef enum Action {
    ACTION_DAEMON,
    ACTION_ONCE,
    ACTION_PLAN, /* rosterctl plan: a pass in dry run, for people */
    ACTION_CHECK,
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
} Options;

/* 0; -EINVAL with one line that names the mistake; -ENOMEM. options_done() in every case. */
int options_parse_rosterd(int argc, char *argv[], Options *ret_options, Err *err);
int options_parse_rosterctl(int argc, char *argv[], Options *ret_options, Err *err);
void options_done(Options *options);
