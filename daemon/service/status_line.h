/* SPDX-License-Identifier: MIT */
/* The line that `systemctl status` shows. */
#pragma once

#include "daemon/runtime/controller.h"

#define STATUS_LINE_SIZE 1000

/* How channels are, the age of the oldest last whole list, the next pass, the first trouble; and
 * `invalid` (may be "") where new settings or rosters are refused; and what keeps them from being
 * read, such as "FILE keeps changing" (may be NULL). */
void status_line_format(const Controller *controller, const char *invalid, const char *unread,
                        char ret_text[static STATUS_LINE_SIZE]);
