/* SPDX-License-Identifier: MIT */
/* What is likely not meant in settings and rosters that are valid, for the log. */
#pragma once

#include "config/config.h"

/* Writes a line for each: entries of `rosters` that name no file, and windows that never open. */
void warnings_print(const Config *config, Buf *buf);

/* Logs each at warning, FILE:LINE:COLUMN first like a mistake; nothing where `before` (may be NULL)
 * had just the same. */
void warnings_log(const Config *config, const Config *before);
