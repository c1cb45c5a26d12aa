/* SPDX-License-Identifier: MIT */
#include "daemon/base/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/log_sink.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"

#define FIELD_COUNT 13

static LogFormat log_format = LOG_FORMAT_TEXT;
static LogLevel log_level_max = LOG_LEVEL_INFO;
static const char *program_name = "rosterd";
/* A thread that watches (hang.h) writes, too. */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static size_t log_lost;      /* lines, since the program began */
static size_t log_lost_said; /* of those, told of */

static const char *const level_names[] = {
#define LOG_LEVEL_NAME(constant, word, number) [LOG_LEVEL_##constant] = #word,
    LOG_LEVEL_ROWS(LOG_LEVEL_NAME)
#undef LOG_LEVEL_NAME
};

static const char *const format_names[] = {
#define LOG_FORMAT_NAME(constant, word) [LOG_FORMAT_##constant] = #word,
    LOG_FORMAT_ROWS(LOG_FORMAT_NAME)
#undef LOG_FORMAT_NAME
};

LogFormat log_format_default(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat status;

    if (stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
        fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode)
        return LOG_FORMAT_JOURNAL;
    return LOG_FORMAT_TEXT;
}

void log_set_program(const char *name)
{
    program_name = name;
}

void log_setup(LogFormat format, LogLevel level_max)
{
    log_format = format;
    log_level_max = level_max;
}

int log_parse_level(const char *text, LogLevel *ret_level)
{
    for (size_t i = LOG_LEVEL_ERR; i < ELEMENTS(level_names); i++) {
        if (str_equal(text, level_names[i])) {
            *ret_level = (LogLevel)i;
            return 0;
        }
    }
    return -EINVAL;
}

int log_parse_format(const char *text, LogFormat *ret_format)
{
    for (size_t i = 0; i < ELEMENTS(format_names); i++) {
        if (str_equal(text, format_names[i])) {
            *ret_format = (LogFormat)i;
            return 0;
        }
    }
    return -EINVAL;
}

bool log_is_wanted(LogLevel level)
{
    return level <= log_level_max;
}

typedef struct NamedField {
    const char *name;
    const char *value;
} NamedField;

/* The fields that have a value; returns their number. */
static size_t log_name_fields(const LogFields *fields, NamedField ret_named[static FIELD_COUNT])
{
    const NamedField all[FIELD_COUNT] = {
        {"MESSAGE_ID", fields->message_id},           {"ROSTERD_PASS", fields->pass},
        {"ROSTERD_INSTANCE", fields->instance},       {"ROSTERD_CHANNEL", fields->channel},
        {"ROSTERD_MEMBER", fields->member},           {"ROSTERD_ACTION", fields->action},
        {"ROSTERD_HTTP_STATUS", fields->http_status}, {"ROSTERD_ERROR_CODE", fields->error_code},
        {"ROSTERD_REQUEST_ID", fields->request_id},   {"ROSTERD_ATTEMPT", fields->attempt},
        {"ROSTERD_DIGEST", fields->digest},           {"ROSTERD_UID", fields->uid},
        {"ROSTERD_REASON", fields->reason},
    };
    size_t count = 0;

    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (!str_is_empty(all[i].value))
            ret_named[count++] = all[i];
    }
    return count;
}

static void log_json_string(Buf *line, const char *text)
{
    _cleanup_(buf_done) Buf shown = {0};

    utf8_append_shown(&shown, text);
    buf_fail_with(line, &shown);
    buf_putc(line, '"');
    for (const char *c = buf_text(&shown); *c; c++) {
        if (*c == '"' || *c == '\\')
            buf_putc(line, '\\');
        buf_putc(line, *c);
    }
    buf_putc(line, '"');
}

static int log_write_text(LogLevel level, const char *text)
{
    _cleanup_(buf_done) Buf line = {0};

    buf_printf(&line, "%s: %s: %s\n", program_name, level_names[level], text);
    return buf_failed(&line) < 0 ? -ENOMEM : log_sink_write(line.data, line.size);
}

static int log_write_json(LogLevel level, const NamedField *named, size_t count, const char *text)
{
    _cleanup_(buf_done) Buf line = {0};
    char now[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(clock_realtime_usec(), now);
    buf_printf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":", now, level_names[level]);
    log_json_string(&line, text);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&line, ",\"%s\":", named[i].name);
        log_json_string(&line, named[i].value);
    }
    buf_puts(&line, "}\n");
    return buf_failed(&line) < 0 ? -ENOMEM : log_sink_write(line.data, line.size);
}

static int log_write_journal(LogLevel level, const NamedField *named, size_t count,
                             const char *text)
{
    static char identifier[] = "SYSLOG_IDENTIFIER=rosterd";
    struct iovec parts[FIELD_COUNT + 3];
    Buf lines[FIELD_COUNT + 2] = {0};
    int r = -ENOMEM;
    size_t i;

    buf_printf(&lines[0], "MESSAGE=%s", text);
    buf_printf(&lines[1], "PRIORITY=%d", (int)level);
    for (i = 0; i < count; i++) {
        buf_printf(&lines[i + 2], "%s=", named[i].name);
        utf8_append_shown(&lines[i + 2], named[i].value);
    }
    for (i = 0; i < count + 2 && buf_failed(&lines[i]) == 0; i++)
        parts[i] = (struct iovec){.iov_base = lines[i].data, .iov_len = lines[i].size};
    if (i == count + 2) {
        parts[i] = (struct iovec){.iov_base = identifier, .iov_len = sizeof(identifier) - 1};
        r = log_sink_send(parts, count + 3);
    }
    for (i = 0; i < count + 2; i++)
        buf_done(&lines[i]);
    return r;
}

static int log_write(LogLevel level, const NamedField *named, size_t count, const char *text)
{
    int r = -ENOENT;

    if (log_format == LOG_FORMAT_JOURNAL)
        r = log_write_journal(level, named, count, text);
    if (r >= 0 || r == -EAGAIN)
        return r;
    if (log_format == LOG_FORMAT_JSON)
        return log_write_json(level, named, count, text);
    return log_write_text(level, text);
}

static void log_write_lost(void)
{
    size_t lost = log_lost - log_lost_said;
    char text[64];

    if (lost == 0)
        return;
    snprintf(text, sizeof(text), "%zu line%s of the log %s lost", lost, lost == 1 ? "" : "s",
             lost == 1 ? "was" : "were");
    if (log_write(LOG_LEVEL_WARNING, NULL, 0, text) >= 0)
        log_lost_said = log_lost;
}

size_t log_lost_count(void)
{
    return log_lost;
}

void log_event(LogLevel level, const LogFields *fields, const char *format, ...)
{
    static const LogFields none = {0};
    NamedField named[FIELD_COUNT];
    size_t count = log_name_fields(fields ? fields : &none, named);
    _cleanup_(buf_done) Buf shown = {0};
    char *text = NULL;
    va_list arguments;

    if (!log_is_wanted(level))
        return;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL;
        buf_fail(&shown);
    }
    va_end(arguments);
    if (text)
        utf8_append_shown(&shown, text);
    free(text);
    pthread_mutex_lock(&log_lock);
    log_write_lost();
    if (buf_failed(&shown) < 0 || log_write(level, named, count, buf_text(&shown)) < 0)
        log_lost++;
    pthread_mutex_unlock(&log_lock);
}
