/* SPDX-License-Identifier: MIT */
/* The history, and what came of an undo, for people. */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"

/* Each appends an answer. 0 or -ENOMEM. */
int history_text_append(const Json *root, bool colour, Buf *buf);
int history_text_undo(const Json *root, bool colour, Buf *buf);
