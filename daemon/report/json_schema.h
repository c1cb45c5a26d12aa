/* SPDX-License-Identifier: MIT */
/*
 * JSON Schema (draft-07) of what is read by a table (config/schema/schema.h): for editors, and for
 * whoever checks files without rosterd. All that it says follows from the table.
 *
 * It cannot see what YAML hides from it, such as quotes around a number, and not what ties one
 * place of a file to another, or to another file: rosterctl validate is the judge.
 */
#pragma once

#include "config/schema/schema.h"
#include "daemon/base/buf.h"

typedef struct JsonSchema {
    const char *title;
    const Schema *schema;
    const Schema *rosters; /* has the key of a list that the schema only names; may be NULL */
} JsonSchema;

/* Appends it. 0 or -ENOMEM. */
int json_schema_append(const JsonSchema *what, Buf *buf);
