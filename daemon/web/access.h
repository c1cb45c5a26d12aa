/* SPDX-License-Identifier: MIT */
/* Who may read over TCP: a request has to be for this host (so that no page of another one, whose
 * name leads here, has a browser read it), and to bring the secret where there is one. */
#pragma once

#include "config/config.h"
#include "daemon/base/secret.h"

/* What `Host` says. 0; 400: it is missing, or is none; 421: it is another's. `host` may be NULL. */
int access_check_host(const HttpSettings *settings, const char *host);

/* Whether `Authorization` (NULL: there is none) brings the token: by `Bearer`, or as the password
 * of `Basic`, whatever the user. */
bool access_check_token(const Secret *token, const char *authorization);
