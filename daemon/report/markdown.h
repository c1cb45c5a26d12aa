/* SPDX-License-Identifier: MIT */
/*
 * A report as GitHub Flavored Markdown, for a comment under a merge request: totals, a table, a
 * folded list for each channel. What rosters and the service name stands in code alone, where
 * neither Markdown nor the sites that show it (mentions, references, links) take it for more than
 * its text.
 */
#pragma once

#include "daemon/report/text.h"

/* The sites refuse longer comments (GitHub: 65,536 characters). In bytes: no text has more
 * characters than these. */
#define MARKDOWN_SIZE_MAX 60000U

/* Appends it: MARKDOWN_SIZE_MAX at most, and what is left out is counted at its end. 0 or -ENOMEM.
 */
int report_markdown_append(const ReportSource *source, const TextOptions *options, Buf *buf);
