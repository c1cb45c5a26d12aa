/* SPDX-License-Identifier: MIT */
/* Texts as YAML, so that any reader of YAML 1.1 or 1.2 takes them for exactly that text. A failure
 * sticks in the Buf. */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"

/* Appends a text as a scalar: as it is where that can be nothing but the same text, also between
 * braces where it is `in_flow`; else in double quotes, with what would not be seen escaped. Bytes
 * that are no UTF-8 stand as '?'. */
void yaml_writer_put_text(Buf *buf, const char *text, bool in_flow);

/* Appends " # TEXT" as utf8_append_shown() has it: no text can end the comment's line. */
void yaml_writer_put_comment(Buf *buf, const char *text);
