/* SPDX-License-Identifier: MIT */
/* Taking secrets out of what others say, before it is shown or copied. */
#pragma once

#include "daemon/base/buf.h"

/* Puts "***" wherever the text holds the secret, whole or cut short, plain or as a string in JSON.
 */
void redact_text(Buf *text, const char *secret, size_t size);
