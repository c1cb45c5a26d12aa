/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* The parts of an Authorization header of SDK-HMAC-SHA256 (API.md section 5); owned. */
typedef struct Signature {
    char *access;
    char *signed_headers;
    char *signature;
} Signature;

/* False when the header does not have exactly the documented form. */
bool sign_parse(const char *authorization, Signature *ret_signature);
void sign_done(Signature *s);

/* Whether the signed names are in lower case, sorted, without repetition, and x-sdk-date is one of
 * them. */
bool sign_names_are_good(const Signature *s);

/* Whether the signature is right for what was really received: method, target, headers, body. */
bool sign_verify(const Request *r, const Signature *s, const char *secret);
