/* SPDX-License-Identifier: MIT */
/*
 * Where the log goes: standard error, or the journal's socket. Whoever reads there may stop, and
 * must not stop the daemon: a write waits for a bounded time, and then its line is dropped and
 * counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* How long a write waits for a full pipe or journal; and for how long none waits again then. */
#define LOG_SINK_WAIT_USEC (1 * USEC_PER_SEC)
#define LOG_SINK_REST_USEC (10 * USEC_PER_SEC)

/* Writes whole lines to standard error. 0; -EAGAIN where nothing is taken; else the error of
 * write(2). Part of a line that was written stays, and the next begins on a line of its own. */
int log_sink_write(const char *bytes, size_t size);

/* Sends one entry to the journal, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL):
 * parts are "FIELD=value". 0; -EAGAIN where nothing is taken; else why there is no journal. */
int log_sink_send(const struct iovec *parts, size_t count);
