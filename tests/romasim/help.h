/* SPDX-License-Identifier: MIT */
#pragma once

/* The whole of what a user of the stand-in must know, on standard output. */
void help_print(void);
