/* SPDX-License-Identifier: MIT */
/* The keys `windows:` and `freezes:`, in settings and in a channel. */
#pragma once

#include "config/build.h"

/* How many entries the lists may have. */
#define WINDOW_KEYS_MAX 64U
#define WINDOW_KEYS_FREEZES_MAX 256U

/* The keys of an entry of each list. */
extern const Schema window_keys_schema;
extern const Schema window_keys_freeze_schema;

/* Reads both lists (NULL: the key is not there) and reports every mistake. What is read belongs to
 * the reader's arena. */
void window_keys_read(Build *build, Reader *reader, const Node *windows, const Node *freezes,
                      ChangeWindows *ret_windows);

/* Append the canonical form of each: a zone is what it means in our time, and its name. */
void window_keys_put(const ChangeWindows *windows, Buf *buf);
void window_keys_put_freezes(const ChangeWindows *windows, Buf *buf);
