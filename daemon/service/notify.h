/* SPDX-License-Identifier: MIT */
/* What rosterd tells its service manager (sd_notify(3)). Each is silent without one. */
#pragma once

#include <stdint.h>

/* The loop runs, or a reload is over. */
void notify_ready(void);

/* A reload begins: RELOADING and MONOTONIC_USEC in one message. */
void notify_reloading(uint64_t monotonic_usec);

void notify_stopping(void);

/* One line for `systemctl status`. */
void notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Feeds the watchdog. */
void notify_watchdog(void);

/* How often the watchdog wants to be fed, at the latest; 0 without one. */
uint64_t notify_watchdog_usec(void);
