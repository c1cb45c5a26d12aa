/* SPDX-License-Identifier: MIT */
#include "daemon/http/admission.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

uid_t admission_uid(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.uid : (uid_t)-1;
}

bool admission_is_trusted(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}

/* Connections that have a slot: of one user, and of all who are not trusted. */
typedef struct Slots {
    size_t all, own, others;
    Peer *oldest_own, *oldest_other; /* of those that wait for no answer; NULL: none */
} Slots;

static Slots admission_count(const Admission *admission, uid_t uid)
{
    Slots slots = {0};

    for (Peer *peer = admission->peers; peer; peer = peer->next) {
        bool is_own = peer->uid == uid, is_other = !admission_is_trusted(peer->uid);

        if (peer->is_ending)
            continue;
        slots.all++;
        slots.own += is_own;
        slots.others += is_other;
        if (is_own && !peer->is_waiting)
            slots.oldest_own = peer;
        if (is_other && !peer->is_waiting)
            slots.oldest_other = peer;
    }
    assert(slots.all <= ADMISSION_MAX && slots.others <= ADMISSION_MAX - ADMISSION_KEPT);
    return slots;
}

static void admission_shut(Peer *peer)
{
    peer->is_ending = true;
    shutdown(peer->fd, SHUT_RDWR);
}

static bool admission_make_room(Admission *admission, uid_t uid)
{
    const Slots slots = admission_count(admission, uid);
    Peer *victim;

    if (admission_is_trusted(uid)) {
        if (slots.all < ADMISSION_MAX)
            return true;
        victim = slots.oldest_other ? slots.oldest_other : slots.oldest_own;
    } else {
        bool has_share = slots.own < ADMISSION_OF_USER_MAX;

        if (has_share && slots.others < ADMISSION_MAX - ADMISSION_KEPT && slots.all < ADMISSION_MAX)
            return true;
        victim = has_share ? slots.oldest_other : slots.oldest_own;
    }
    if (victim)
        admission_shut(victim);
    return victim;
}

/* Told without a request: what was sent already is not read. */
static void admission_turn_away(int fd)
{
    static const char answer[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
        "Connection: close\r\nContent-Length: 71\r\n\r\n"
        "{\"error\": \"too many requests of this user wait for an answer already\"}\n";

    (void)!send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int admission_accept(Admission *admission, int listen_fd)
{
    int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0)
        return errno == EINTR || errno == ECONNABORTED ? -EAGAIN : -errno;
    if (admission_make_room(admission, admission_uid(fd)))
        return fd;
    admission_turn_away(fd);
    close(fd);
    return -EBUSY;
}

Peer *admission_add(Admission *admission, int fd, uint64_t deadline_usec)
{
    Peer *peer = calloc(1, sizeof(*peer));

    if (!peer)
        return NULL;
    *peer = (Peer){
        .fd = fd,
        .uid = admission_uid(fd),
        .deadline_usec = deadline_usec,
        .next = admission->peers,
    };
    if (admission->peers)
        admission->peers->previous = peer;
    admission->peers = peer;
    return peer;
}

void admission_remove(Admission *admission, Peer *peer)
{
    assert((peer->previous == NULL) == (admission->peers == peer));
    if (peer->previous)
        peer->previous->next = peer->next;
    else
        admission->peers = peer->next;
    if (peer->next)
        peer->next->previous = peer->previous;
    free(peer);
}

void admission_end_overdue(Admission *admission, uint64_t now_usec)
{
    for (Peer *peer = admission->peers; peer; peer = peer->next) {
        if (!peer->is_waiting && now_usec > peer->deadline_usec)
            admission_shut(peer);
    }
}
