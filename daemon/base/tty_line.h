/* SPDX-License-Identifier: MIT */
/* One line at the foot of a terminal that says how far something is: on standard error, never in a
 * pipe, and gone before anything else is written there. */
#pragma once

#include <stdbool.h>

/* Whether standard error is a terminal that can take a line back. */
bool tty_line_is_wanted(void);

/* Shows a text in place of the one shown before, cut to the terminal's width; nothing where the
 * terminal takes nothing at once. */
void tty_line_show(const char *text);

/* Takes the line back, where one is shown. */
void tty_line_clear(void);
