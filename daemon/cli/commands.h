/* SPDX-License-Identifier: MIT */
/* The command line of rosterctl. */
#pragma once

#include "daemon/cli/options.h"

extern const OptionTable commands_options;

/* The commands in the order of --help; NULL behind the last. */
const char *commands_name(size_t number);

/* Whether an option may be given with that command. */
bool commands_option_fits(size_t number, const OptionRow *row);

/* 0; -EINVAL with one line that names the mistake; -ENOMEM. options_done() in every case. */
int commands_parse(int argc, char *argv[], Options *ret_options, Err *err);
