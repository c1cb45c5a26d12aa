/* SPDX-License-Identifier: MIT */
/* The line that `systemctl status` shows. */
#pragma once

#include "daemon/runtime/controller.h"

#define STATUS_LINE_SIZE 1000

/* How channels are, the age of the oldest last whole list, the next pass, the first trouble; and
 * `invalid` (may be "") where new settings or rosters are refused; and a file that keeps changing
 * (may be NULL), which keeps them from being read. */
void status_line_format(const Controller *controller, const char *invalid, const char *busy,
                        char ret_text[static STATUS_LINE_SIZE]);
