/* SPDX-License-Identifier: MIT */
/* What the body of IAM's answer says of the token in its header (API.md section 4.1). */
#pragma once

#include "daemon/json/json_parser.h"

/* How long the token is good, from when it was issued, by IAM's own clock; 0: the body does not
 * tell, and refusal will. */
uint64_t iam_token_lifetime_usec(JsonParser *parser, const char *body, size_t size);
