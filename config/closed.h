/* SPDX-License-Identifier: MIT */
/* Windows and freezes between which nothing is ever changed: valid, and hardly meant. */
#pragma once

#include "config/config.h"

/* Adds a warning for the settings, or else for each channel, that no change window is open for at
 * that moment, nor within a year. */
void closed_warn(const Config *config, uint64_t realtime_usec, Problems *warnings);
