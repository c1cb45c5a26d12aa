/* SPDX-License-Identifier: MIT */
/* The history, and what came of an undo, for people. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

#include "daemon/base/buf.h"

/* Each appends an answer. 0 or -ENOMEM. */
int history_text_append(json_object *root, bool colour, Buf *buf);
int history_text_undo(json_object *root, bool colour, Buf *buf);
