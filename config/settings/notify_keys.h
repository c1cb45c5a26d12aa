/* SPDX-License-Identifier: MIT */
/* The settings' `notify`: who is told by a POST, and of what. */
#pragma once

#include "config/build.h"

/* How many entries the list may have. */
#define NOTIFY_KEYS_MAX 16U

/* The keys of an entry. */
extern const Schema notify_keys_schema;

/* Reads the list into the Config and reports every mistake. What is read belongs to the reader's
 * arena. */
void notify_keys_read(Reader *reader, const Node *list, Config *config);
