/* SPDX-License-Identifier: MIT */
/* The log: one line (or journal entry) an event, on standard error. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* syslog(3)'s levels. */
typedef enum LogLevel {
    LOG_LEVEL_ERR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_NOTICE = 5,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7,
} LogLevel;

typedef enum LogFormat { LOG_FORMAT_TEXT, LOG_FORMAT_JSON, LOG_FORMAT_JOURNAL } LogFormat;

/* What an event carries besides its text; NULL or "" is left out. The names in the journal and in
 * JSON are ROSTERD_PASS, ROSTERD_INSTANCE and so on. */
typedef struct LogFields {
    const char *message_id; /* 32 hex digits, journal only: MESSAGE_ID */
    const char *pass;
    const char *instance;
    const char *channel;
    const char *member;
    const char *action;
    const char *http_status;
    const char *error_code;
    const char *request_id;
    const char *attempt;
    const char *digest;
    const char *uid;    /* who asked for it */
    const char *reason; /* that they gave */
} LogFields;

/* Chooses the journal's native protocol when stderr is the journal (JOURNAL_STREAM), else text. */
LogFormat log_format_default(void);

void log_setup(LogFormat format, LogLevel level_max);

/* Names as on the command line: err, warning, notice, info, debug; text, json, journal.
 * 0 or -EINVAL. */
int log_parse_level(const char *text, LogLevel *ret_level);
int log_parse_format(const char *text, LogFormat *ret_format);

bool log_is_wanted(LogLevel level);

/* How many lines were lost so far because nobody took them (log_sink.h). When the log works again,
 * a line says how many. */
size_t log_lost_count(void);

/* Writes one event; `fields` may be NULL. Texts stand as utf8_append_shown() has them, so that what
 * the service says cannot forge a line. */
void log_event(LogLevel level, const LogFields *fields, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
