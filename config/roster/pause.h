/* SPDX-License-Identifier: MIT */
/* The `paused:` of a channel: a pause that the roster carries to every host. */
#pragma once

#include "config/config.h"
#include "config/schema/schema.h"

/* The keys of a pause that is a map; they are read into RosterPause. */
extern const Schema roster_pause_schema;
extern const SchemaKey roster_pause_reason_key; /* a reason alone */

/* Reads {reason: TEXT, until: TIME} or a text alone, and reports every mistake. NULL (told) where
 * the reason is one, or memory ran out; else the reader's arena keeps it. */
const RosterPause *roster_pause_read(Reader *reader, const Node *node);
