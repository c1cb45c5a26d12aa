/* SPDX-License-Identifier: MIT */
/* What was said last of each subject, so that a thing that stays as it is is said once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct LogOnceItem LogOnceItem;

typedef struct LogOnce {
    LogOnceItem *items;
    size_t count, capacity;
} LogOnce;

void log_once_done(LogOnce *once);

/* Whether `text` is not what was said of the subject last; keeps it. A text that cannot be kept for
 * lack of memory is news each time. */
bool log_once_is_new(LogOnce *once, const char *subject, const char *text);

/* Forgets a subject: whatever is said of it next is news. Whether anything had been said. */
bool log_once_forget(LogOnce *once, const char *subject);
