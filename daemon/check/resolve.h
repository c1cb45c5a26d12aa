/* SPDX-License-Identifier: MIT */
/* Looking up the name of a host, as a connection to it will. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

/* Looks a host up and appends what is found: "example.org is 192.0.2.1, 2001:db8::1". Waits as long
 * as the resolver does. 0; -ENXIO with what is wrong and what to do in `err`; -ENOMEM. */
int resolve_host(const char *host, Buf *found, Err *err);
