/* SPDX-License-Identifier: MIT */
/* Answers of the control socket for people. */
#pragma once

#include <json-c/json.h>
#include <stdbool.h>

#include "daemon/base/buf.h"

/* Each appends what an answer says. 0 or -ENOMEM. */
int show_status(json_object *root, bool colour, Buf *buf);
int show_history(json_object *root, bool colour, Buf *buf);
int show_report(json_object *root, bool colour, Buf *buf);
int show_undo(json_object *root, bool colour, Buf *buf);

/* The text at a key, "" where there is none; borrowed. */
const char *show_text(json_object *object, const char *key);
