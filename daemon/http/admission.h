/* SPDX-License-Identifier: MIT */
/*
 * Who has a slot on a Unix socket: each user a share of the connections, and some are kept for
 * root and this process's own user, so that no reader locks out whoever may change something. A new
 * connection beyond a share takes the slot of the oldest one that waits for no answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ADMISSION_MAX 64         /* connections that have a slot */
#define ADMISSION_KEPT 16        /* of these, for root and this process's own user */
#define ADMISSION_OF_USER_MAX 12 /* for each other user */

typedef struct Peer Peer;

/* A connection. */
struct Peer {
    Peer *previous, *next;
    int fd;                 /* borrowed */
    uid_t uid;              /* as admission_uid() */
    bool is_waiting;        /* for an answer of ours: its time does not count */
    bool is_ending;         /* it is shut down, and has no slot any more */
    uint64_t deadline_usec; /* monotonic */
};

/* All of them, the newest first. Begins as {0}. */
typedef struct Admission {
    Peer *peers;
} Admission;

/* The user at the other side of a socket, as the kernel tells (unix(7)); (uid_t)-1: not known. */
uid_t admission_uid(int fd);

/* Whether it is root or this process's own user. */
bool admission_is_trusted(uid_t uid);

/* Takes the next connection to a listening socket, if there is a slot for its user; one that loses
 * its own for that is shut down. The descriptor; -EBUSY where all that it could take are owed an
 * answer: it was told so, and is gone; -EAGAIN where nobody waits; else as accept(2). */
int admission_accept(Admission *admission, int listen_fd);

/* Adds a connection; NULL when out of memory. admission_remove() gives it back. */
Peer *admission_add(Admission *admission, int fd, uint64_t deadline_usec);
void admission_remove(Admission *admission, Peer *peer);

/* Shuts down those whose time is up, however busy they keep the line. */
void admission_end_overdue(Admission *admission, uint64_t now_usec);
