/* SPDX-License-Identifier: MIT */
/* One value of a map that is read by a table: its type and its bounds. */
#pragma once

#include <stdbool.h>

#include "config/schema/schema.h"

/* Reads a value of any type but SCHEMA_SECTION to `place`; texts are copied with `keeps_texts`.
 * False (reported, unless the node was before) leaves the place as it was. */
bool value_read(Reader *reader, const Node *node, const SchemaKey *key, bool keeps_texts,
                void *place);
