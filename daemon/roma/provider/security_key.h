/* SPDX-License-Identifier: MIT */
/*
 * The metadata service's answer with keys (API.md section 4.4): {"credential": {"access", "secret",
 * "securitytoken", "expires_at"}}. Read here and not by json-c, which would leave copies of the
 * secrets all over the heap.
 */
#pragma once

#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/secret.h"

#define SECURITY_KEY_DATE_SIZE 40

/* Starts as {0}. */
typedef struct SecurityKey {
    Secret *access;
    Secret *secret;
    Secret *token;
    char expires_at[SECURITY_KEY_DATE_SIZE]; /* RFC 3339; "" when it is not said */
} SecurityKey;

/* 0; -EPROTO with `err`, which tells nothing of the body; -ENOMEM. security_key_done() in every
 * case. */
int security_key_parse(const char *body, size_t size, SecurityKey *key, Err *err);

/* Wipes it. */
void security_key_done(SecurityKey *key);
