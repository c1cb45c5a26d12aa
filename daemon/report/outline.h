/* SPDX-License-Identifier: MIT */
/* What a report comes to before it is put into a format: what is told once of an instance, which
 * channels stand in the table and what their rows say. */
#pragma once

#include "daemon/report/failures.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"

typedef enum OutlineColumn {
    OUTLINE_CHANNEL,
    OUTLINE_RESULT,
    OUTLINE_LIVE,
    OUTLINE_DESIRED,
    OUTLINE_EXTRA,
    OUTLINE_MISSING,
    OUTLINE_WHY,
    OUTLINE_COLUMNS,
} OutlineColumn;

/* As table_init() takes them: a '#' before those of numbers; NULL at their end. */
extern const char *const outline_titles[OUTLINE_COLUMNS + 1];

typedef struct Outline {
    const Json *root; /* borrowed */
    bool verbose;     /* channels in sync stand in the table as well */
    Failures failures;
} Outline;

/* The cells of a channel, as they came (page.h shows them); "" where there is nothing to say. */
typedef struct OutlineRow {
    char cells[OUTLINE_COLUMNS][ROW_NAME_SIZE];
} OutlineRow;

/* 0 or -ENOMEM; outline_done() in both cases. */
int outline_init(Outline *outline, const Json *root, bool verbose);
void outline_done(Outline *outline);

/* Whether the channel of this number stands in the table: what others of its instance share is told
 * once, above it. */
bool outline_has_row(const Outline *outline, size_t number);

void outline_fill_row(const Json *channel, OutlineRow *ret_row);

/* Appends what concerns a whole instance, once: one that fails, and what holds all of one back. */
void outline_append_instances(const Outline *outline, const Page *page);
