/* SPDX-License-Identifier: MIT */
/* The log: one line (or journal entry) an event, on standard error. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The levels, each with its word and its number in syslog(3), and the formats. */
#define LOG_LEVEL_ROWS(ROW)                                                                        \
    ROW(ERR, err, 3)                                                                               \
    ROW(WARNING, warning, 4)                                                                       \
    ROW(NOTICE, notice, 5)                                                                         \
    ROW(INFO, info, 6)                                                                             \
    ROW(DEBUG, debug, 7)
#define LOG_FORMAT_ROWS(ROW)                                                                       \
    ROW(TEXT, text)                                                                                \
    ROW(JSON, json)                                                                                \
    ROW(JOURNAL, journal)

typedef enum LogLevel {
#define LOG_LEVEL_CONSTANT(constant, word, number) LOG_LEVEL_##constant = number,
    LOG_LEVEL_ROWS(LOG_LEVEL_CONSTANT)
#undef LOG_LEVEL_CONSTANT
} LogLevel;

typedef enum LogFormat {
#define LOG_FORMAT_CONSTANT(constant, word) LOG_FORMAT_##constant,
    LOG_FORMAT_ROWS(LOG_FORMAT_CONSTANT)
#undef LOG_FORMAT_CONSTANT
} LogFormat;

/* All of their words, "err, warning, notice, info, debug", for messages. */
#define LOG_WORD(constant, word, ...) ", " #word
#define LOG_LEVEL_WORDS (&(LOG_LEVEL_ROWS(LOG_WORD))[2])
#define LOG_FORMAT_WORDS (&(LOG_FORMAT_ROWS(LOG_WORD))[2])

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

/* The program that lines of the text format begin with; "rosterd" until then. Borrowed. */
void log_set_program(const char *name);

void log_setup(LogFormat format, LogLevel level_max);

/* The words of the command line. 0 or -EINVAL. */
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
