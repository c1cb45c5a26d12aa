/* SPDX-License-Identifier: MIT */
/* Endpoints of services: https://HOST[:PORT] and nothing more, so that what is appended to one is
 * the path that API.md says. */
#pragma once

#include "config/address.h"
#include "daemon/base/err.h"

/* What endpoint_parse() takes, in short. */
#define ENDPOINT_PATTERN "^[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\\s]+/?$"

/* The same with ENDPOINT_PROXY. */
#define ENDPOINT_PROXY_PATTERN "^[Hh][Tt][Tt][Pp]://[^/?#@\\s]+:[0-9]+/?$"

#define ENDPOINT_SIZE_MAX (ADDRESS_SIZE_MAX + 32) /* with scheme, brackets, port and NUL */

typedef enum EndpointUse {
    ENDPOINT_SERVICE,  /* http:// on loopback addresses only */
    ENDPOINT_METADATA, /* and on 169.254.169.254 */
    ENDPOINT_PROXY,    /* http://HOST:PORT and nothing else */
} EndpointUse;

/*
 * 0 and its canonical form, in which endpoints compare as strings: scheme and host in lower case,
 * addresses by value, no default port (but of a proxy, which has one always), no slash at the end.
 * Else -EINVAL with "what is wrong, what would be right" in `err`; -EACCES likewise, and the text
 * may hold a password, so that it is not to be shown.
 */
int endpoint_parse(const char *text, EndpointUse use, char ret_endpoint[static ENDPOINT_SIZE_MAX],
                   Err *err);
