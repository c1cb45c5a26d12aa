/* SPDX-License-Identifier: MIT */
/* Which rosterd is meant: a request may name the state directory of the one that its sender looks
 * for, so that no other one, whose socket was found instead, does what is asked. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

/* The request's header. Its value is a path, with each byte that is not a letter, a digit or one of
 * "-._~/" as %XX. */
#define MISDIRECTED_HEADER "Rosterd-State-Dir"

/* Appends the whole header for a directory: its real path, or the path as it is where that cannot
 * be told. 0 or -ENOMEM. */
int misdirected_append_header(const char *directory, Buf *buf);

/* Whether the header's value (NULL: there is none) names a directory, by its real path or as it is;
 * the directory may be NULL. The value is compared and never looked up: what a client names could
 * take for ever. 0; -EREMCHG with the reason in `err`. */
int misdirected_check(const char *value, const char *directory, Err *err);
