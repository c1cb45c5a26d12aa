/* SPDX-License-Identifier: MIT */
/* Listening sockets that systemd hands over (sd_listen_fds(3)), and those over TCP that are made
 * here. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/err.h"

/* A descriptor of the Unix socket that was handed over; -ENOENT: none was. */
int tcp_socket_find_unix(void);

/*
 * A listening socket on an address in canonical form and a port: the one that was handed over for
 * them, else one that is made. `old_fd` (-1: none) is one of ours, which may have the same port at
 * an address that overlaps. Errors, told in `err`: as bind(2).
 */
int tcp_socket_listen(const char *address, uint16_t port, int old_fd, Err *err);
