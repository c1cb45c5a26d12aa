/* SPDX-License-Identifier: MIT */
/* A report as one self-contained HTML file, to be kept by a pipeline: no script, nothing from
 * elsewhere, fit for a telephone, for paper, for light and dark. */
#pragma once

#include "daemon/report/text.h"

/* Appends it. 0 or -ENOMEM. */
int report_html_append(const ReportSource *source, const TextOptions *options, Buf *buf);

/* Appends a text so that it is nothing but text, in a value of an attribute as well. A failure
 * sticks in `buf`. */
void report_html_escape(Buf *buf, const char *text);
