/* SPDX-License-Identifier: MIT */
/* Pieces of HTML for the status page. Texts of others stand as nothing but text, in an attribute as
 * well, and what would steer a reader or not be seen stands as <U+00A0>. A failure sticks in `buf`.
 */
#pragma once

#include <stdint.h>

#include "daemon/base/buf.h"

/* Text as it came. */
void page_html_text(Buf *buf, const char *text);
void page_html_printf(Buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A time of RFC 3339 in UTC, as people read it: "2026-11-24 15:04:05 UTC", today without the date;
 * "" is "never". `kind` is
 * what the script makes of it: "ago" and "in" tell the distance as well, "" does not. */
void page_html_time(Buf *buf, const char *rfc3339, const char *kind);

/* A command to copy, with its button. */
void page_html_command(Buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "1 channel", "2 channels". */
void page_html_count(Buf *buf, uint64_t count, const char *one, const char *many);

/* A measure against its limit as a bar: what is within the limit, and behind it what is over it, or
 * what is short of it. */
void page_html_bar(Buf *buf, uint64_t measured, uint64_t limit, const char *label);
