/* SPDX-License-Identifier: MIT */
/* Where the control socket is, and making it. */
#pragma once

#include "config/config.h"
#include "daemon/base/err.h"

/* Where the daemon puts it: a string to free. 0, -ENOENT when no place is known, -ENOMEM. */
int socket_path_choose(const Config *config, char **ret_path, Err *err);

/* The first place where a socket is: `config` may be NULL. A string to free; `ret_is_common`:
 * whether it is one that any settings lead to, so that any rosterd may be the one that listens.
 * -ENOENT, told in `err`, when there is none; -ENOMEM. */
int socket_path_find(const Config *config, char **ret_path, bool *ret_is_common, Err *err);

/*
 * Makes a listening socket there, mode 0660, in place of one that nobody listens on any more;
 * makes its directory where only that is missing. The descriptor; -EADDRINUSE where another
 * program listens, -EEXIST for what is no socket, -ENAMETOOLONG, else as bind(2).
 */
int socket_path_listen(const char *path, Err *err);

/* Removes the socket at the end. */
void socket_path_remove(const char *path);
