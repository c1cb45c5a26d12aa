/* SPDX-License-Identifier: MIT */
/* Base64 with the digits "+" and "/" (RFC 4648, section 4). */
#pragma once

#include "daemon/base/buf.h"

/* Appends the text of some bytes, with padding. A failure sticks in the buffer. */
void base64_encode(Buf *text, const void *bytes, size_t size);

/* Appends the bytes that a text says; its padding may be missing. False where it is no base64, or
 * memory ran out. */
bool base64_decode(Buf *bytes, const char *text);
