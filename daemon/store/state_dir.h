/* SPDX-License-Identifier: MIT */
/* Where the state lives on this host. */
#pragma once

#include "config/config.h"
#include "daemon/base/err.h"

#define STATE_DIR_OF_ROOT "/var/lib/rosterd"

/* state_dir of the settings, else $STATE_DIRECTORY, else /var/lib/rosterd as root, else
 * $XDG_STATE_HOME/rosterd, else ~/.local/state/rosterd. 0 and a string to free; -ENOENT when none
 * of these is known; -ENOMEM. */
int state_dir_find(const Config *config, char **ret_path, Err *err);
