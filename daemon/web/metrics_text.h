/* SPDX-License-Identifier: MIT */
/* Writes metrics in the text format of Prometheus, 0.0.4. Labels are text without braces, such as
 * `gateway="prod"`. Numbers are whole: nothing is rounded. */
#pragma once

#include <stdint.h>

#include "daemon/base/buf.h"

/* A metric under way: the samples that follow are its own. */
typedef struct MetricsText {
    Buf *buf;
    const char *name;
} MetricsText;

/* Begins a metric; `type` is counter, gauge or histogram. */
void metrics_text_begin(MetricsText *text, const char *name, const char *type, const char *help);

/* One sample. `labels` may be ""; a label `key` with a plain `word` is added to them, where it is
 * not NULL. */
void metrics_text_put(const MetricsText *text, const char *labels, const char *key,
                      const char *word, uint64_t value);

/* The same of a time or a duration, in seconds. */
void metrics_text_put_usec(const MetricsText *text, const char *labels, const char *key,
                           const char *word, uint64_t usec);

/* The same of `count` buckets, with the last one above all bounds, and their sum. */
void metrics_text_put_histogram(const MetricsText *text, const char *labels,
                                const uint64_t *bounds_usec, const uint64_t *counts, size_t count,
                                uint64_t sum_usec);

/* Appends `NAME="VALUE"` with the value escaped: a newline, a quote and a backslash stand for
 * themselves, what a terminal would not show as it is stands as utf8_append_shown() has it. */
void metrics_text_append_label(Buf *labels, const char *name, const char *value);
