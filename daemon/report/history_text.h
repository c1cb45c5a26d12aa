/* SPDX-License-Identifier: MIT */
/* The history, and what came of an undo, for people. */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"
#include "daemon/report/source.h"
#include "daemon/report/table.h"

/* How far the history is shown; begins as {0}. */
typedef struct HistoryText {
    bool colour;
    TableWidths widths;
} HistoryText;

/* Appends the changes of an answer, which go on from those of the answer before. 0 or -ENOMEM. */
int history_text_append(HistoryText *text, const Json *root, Buf *buf);

/* Appends what is said in the place of a history without any change. */
void history_text_append_none(Buf *buf);

/* Which other hosts owned instances meanwhile: a line each, of rows as report_history_end() puts
 * them. */
void history_text_append_owners(const Json *owners, Buf *buf);

/* Appends what came of an undo. 0 or -ENOMEM. */
int history_text_undo(const ReportSource *source, bool colour, Buf *buf);
