/* SPDX-License-Identifier: MIT */
/* The command line of rosterctl. */
#pragma once

#include "daemon/cli/options.h"

/* 0; -EINVAL with one line that names the mistake; -ENOMEM. options_done() in every case. */
int commands_parse(int argc, char *argv[], Options *ret_options, Err *err);
