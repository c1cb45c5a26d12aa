/* SPDX-License-Identifier: MIT */
/* The inside of a Reload, for its own files. */
#pragma once

#include "daemon/service/reload.h"

/* A line in the log for each thing that changed. How many those are. */
int reload_compare(const Config *old, const Config *new);

/* Which of the changes take a restart. */
void reload_log_restart(const Reload *reload, const Config *old, const Config *new);

/* Keeps what takes a restart as it is at the start. 0 or -ENOMEM. */
int reload_keep_in_force(Reload *reload, const Config *config);
