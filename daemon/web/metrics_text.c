/* SPDX-License-Identifier: MIT */
#include "daemon/web/metrics_text.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"

#define DECIMAL_SIZE 24

/* The digits end where the text ends; where they begin is returned. */
static char *metrics_text_digits(char text[static DECIMAL_SIZE], uint64_t value)
{
    char *at = text + DECIMAL_SIZE - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return at;
}

static void metrics_text_append_number(Buf *buf, uint64_t value)
{
    char text[DECIMAL_SIZE];
    const char *digits = metrics_text_digits(text, value);

    buf_append(buf, digits, (size_t)(text + DECIMAL_SIZE - 1 - digits));
}

/* Up to six digits of fraction. */
static void metrics_text_append_seconds(Buf *buf, uint64_t usec)
{
    char text[DECIMAL_SIZE];
    uint64_t rest = usec % USEC_PER_SEC;
    char *digits;
    size_t size;

    metrics_text_append_number(buf, usec / USEC_PER_SEC);
    if (rest == 0)
        return;
    digits = metrics_text_digits(text, rest + USEC_PER_SEC); /* with its leading zeros */
    digits[0] = '.';
    size = (size_t)(text + DECIMAL_SIZE - 1 - digits);
    while (digits[size - 1] == '0')
        size--;
    buf_append(buf, digits, size);
}

void metrics_text_begin(MetricsText *text, const char *name, const char *type, const char *help)
{
    text->name = name;
    buf_printf(text->buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void metrics_text_append_word(Buf *buf, const char *key, const char *word)
{
    buf_puts(buf, key);
    buf_puts(buf, "=\"");
    buf_puts(buf, word);
    buf_putc(buf, '"');
}

/* All of a sample but its value. */
static void metrics_text_head(const MetricsText *text, const char *suffix, const char *labels,
                              const char *key, const char *word)
{
    buf_puts(text->buf, text->name);
    buf_puts(text->buf, suffix);
    if (labels[0] || key) {
        buf_putc(text->buf, '{');
        buf_puts(text->buf, labels);
        if (labels[0] && key)
            buf_putc(text->buf, ',');
        if (key)
            metrics_text_append_word(text->buf, key, word);
        buf_putc(text->buf, '}');
    }
    buf_putc(text->buf, ' ');
}

static void metrics_text_end_number(const MetricsText *text, uint64_t value)
{
    metrics_text_append_number(text->buf, value);
    buf_putc(text->buf, '\n');
}

void metrics_text_put(const MetricsText *text, const char *labels, const char *key,
                      const char *word, uint64_t value)
{
    metrics_text_head(text, "", labels, key, word);
    metrics_text_end_number(text, value);
}

void metrics_text_put_usec(const MetricsText *text, const char *labels, const char *key,
                           const char *word, uint64_t usec)
{
    metrics_text_head(text, "", labels, key, word);
    metrics_text_append_seconds(text->buf, usec);
    buf_putc(text->buf, '\n');
}

static void metrics_text_put_bucket(const MetricsText *text, const char *labels, const char *bound,
                                    uint64_t total)
{
    metrics_text_head(text, "_bucket", labels, "le", bound);
    metrics_text_end_number(text, total);
}

void metrics_text_put_histogram(const MetricsText *text, const char *labels,
                                const uint64_t *bounds_usec, const uint64_t *counts, size_t count,
                                uint64_t sum_usec)
{
    _cleanup_(buf_done) Buf bound = {0};
    uint64_t total = 0;

    for (size_t i = 0; i + 1 < count; i++) {
        total += counts[i];
        buf_reset(&bound);
        metrics_text_append_seconds(&bound, bounds_usec[i]);
        metrics_text_put_bucket(text, labels, buf_text(&bound), total);
    }
    total += counts[count - 1];
    metrics_text_put_bucket(text, labels, "+Inf", total);
    metrics_text_head(text, "_sum", labels, NULL, NULL);
    metrics_text_append_seconds(text->buf, sum_usec);
    buf_putc(text->buf, '\n');
    metrics_text_head(text, "_count", labels, NULL, NULL);
    metrics_text_end_number(text, total);
}

/* ---- labels ---- */

static bool metrics_text_is_plain(const char *value)
{
    for (; *value; value++) {
        if (*value < ' ' || *value > '~' || *value == '"' || *value == '\\')
            return false;
    }
    return true;
}

/* What a terminal shows as it is, and a newline as a newline. */
static void metrics_text_append_shown(Buf *shown, const char *value)
{
    for (const char *end = strchr(value, '\n'); end; end = strchr(value, '\n')) {
        _cleanup_(buf_done) Buf line = {0};

        buf_append(&line, value, (size_t)(end - value));
        utf8_append_shown(shown, buf_text(&line));
        buf_putc(shown, '\n');
        value = end + 1;
    }
    utf8_append_shown(shown, value);
}

static void metrics_text_append_escaped(Buf *labels, const char *value)
{
    for (; *value; value++) {
        if (*value == '"' || *value == '\\' || *value == '\n')
            buf_putc(labels, '\\');
        buf_putc(labels, *value == '\n' ? 'n' : *value);
    }
}

void metrics_text_append_label(Buf *labels, const char *name, const char *value)
{
    _cleanup_(buf_done) Buf shown = {0};

    buf_puts(labels, name);
    buf_puts(labels, "=\"");
    if (metrics_text_is_plain(value)) {
        buf_puts(labels, value);
    } else {
        metrics_text_append_shown(&shown, value);
        metrics_text_append_escaped(labels, buf_text(&shown));
        labels->failed = labels->failed || shown.failed;
    }
    buf_putc(labels, '"');
}
