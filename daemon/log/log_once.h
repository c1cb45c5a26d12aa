/* SPDX-License-Identifier: MIT */
/* What was logged last of each subject, so that a state that stays as it is gets logged once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct LogOnceItem LogOnceItem;

typedef struct LogOnce {
    LogOnceItem *items;
    size_t count, capacity;
} LogOnce;

void log_once_done(LogOnce *once);

/* Whether `text` is not what was logged of the subject last; keeps it. A text that cannot be kept
 * for lack of memory counts as new each time. */
bool log_once_is_new(LogOnce *once, const char *subject, const char *text);

/* Whether exactly that was logged of the subject last. */
bool log_once_was_last(const LogOnce *once, const char *subject, const char *text);

/* Forgets a subject: whatever is logged of it next is new. Whether anything had been logged. */
bool log_once_forget(LogOnce *once, const char *subject);
