/* SPDX-License-Identifier: MIT */
/*
 * Who has a slot on a listening socket: each origin a share of the connections. On a Unix socket an
 * origin is a user, and some slots are kept for root and this process's own user, so that no reader
 * locks out whoever may change something; over TCP it is an address, of IPv6 its network of 64
 * bits. A new connection beyond a share takes the slot of the oldest one that waits for no answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ADMISSION_MAX 64        /* connections that have a slot */
#define ADMISSION_KEPT 16       /* of these, for root and this process's own user */
#define ADMISSION_OF_ONE_MAX 12 /* for each other origin */

/* Who is at the other side. */
typedef struct Origin {
    bool is_remote;      /* over TCP */
    uid_t uid;           /* else, as the kernel tells (unix(7)); (uid_t)-1: not known */
    uint8_t network[16]; /* is_remote; IPv4 mapped into ::ffff:0:0/96 */
} Origin;

typedef struct Peer Peer;

/* A connection. */
struct Peer {
    Peer *previous, *next;
    int fd; /* borrowed */
    Origin origin;
    bool is_waiting;        /* for an answer of ours: its time does not count */
    bool is_ending;         /* it is shut down, and has no slot any more */
    uint64_t deadline_usec; /* monotonic */
};

/* All of them, the newest first. Begins as {0}. */
typedef struct Admission {
    Peer *peers;
} Admission;

/* Who is at the other side of a connected socket. */
void admission_look(int fd, Origin *ret_origin);

/* Whether it is root or this process's own user. */
bool admission_is_trusted(const Origin *origin);

/* Takes the next connection to a listening socket, if there is a slot for its origin; one that
 * loses its own for that is shut down. The descriptor; -EBUSY where all that it could take are owed
 * an answer: it was told so, and is gone; -EAGAIN where nobody waits; else as accept(2). */
int admission_accept(Admission *admission, int listen_fd);

/* Adds a connection; NULL when out of memory. admission_remove() gives it back. */
Peer *admission_add(Admission *admission, int fd, uint64_t deadline_usec);
void admission_remove(Admission *admission, Peer *peer);

/* Shuts down those whose time is up, however busy they keep the line. */
void admission_end_overdue(Admission *admission, uint64_t now_usec);
