/* SPDX-License-Identifier: MIT */
/* The formats that a report may be asked for in. */
#pragma once

#include "daemon/report/text.h"

#define REPORT_FORMAT_ROWS(row)                                                                    \
    row(REPORT_FORMAT_TEXT, text) row(REPORT_FORMAT_JSON, json)                                    \
        row(REPORT_FORMAT_MARKDOWN, markdown) row(REPORT_FORMAT_HTML, html)

#define REPORT_FORMAT_ENUM(constant, word) constant,
typedef enum ReportFormat {
    REPORT_FORMAT_ROWS(REPORT_FORMAT_ENUM) REPORT_FORMAT_COUNT
} ReportFormat;

/* For messages. */
#define REPORT_FORMAT_WORDS "text, json, markdown, html"

/* Takes one of REPORT_FORMAT_WORDS. 0 or -EINVAL. */
int report_format_parse(const char *word, ReportFormat *ret_format);

/* Appends a report; options say of JSON nothing. 0 or -ENOMEM. */
int report_format_append(const ReportSource *source, ReportFormat format,
                         const TextOptions *options, Buf *buf);
