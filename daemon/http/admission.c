/* SPDX-License-Identifier: MIT */
#include "daemon/http/admission.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void admission_take_address(const struct sockaddr_storage *address, Origin *origin)
{
    const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;

    if (address->ss_family == AF_INET) {
        memset(origin->network + 10, 0xff, 2);
        memcpy(origin->network + 12, &ipv4->sin_addr, sizeof(ipv4->sin_addr));
    } else if (address->ss_family == AF_INET6) {
        memcpy(origin->network, &ipv6->sin6_addr,
               IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr) ? sizeof(ipv6->sin6_addr) : 8);
    }
}

void admission_look(int fd, Origin *ret_origin)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);
    struct ucred peer;

    *ret_origin = (Origin){.uid = (uid_t)-1};
    if (getsockname(fd, (struct sockaddr *)&address, &size) < 0 || address.ss_family != AF_UNIX) {
        ret_origin->is_remote = true;
        size = sizeof(address);
        if (getpeername(fd, (struct sockaddr *)&address, &size) == 0)
            admission_take_address(&address, ret_origin);
        return;
    }
    size = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0)
        ret_origin->uid = peer.uid;
}

bool admission_is_trusted(const Origin *origin)
{
    return !origin->is_remote && (origin->uid == 0 || origin->uid == geteuid());
}

static bool admission_is_same(const Origin *a, const Origin *b)
{
    return a->is_remote == b->is_remote && a->uid == b->uid &&
           memcmp(a->network, b->network, sizeof(a->network)) == 0;
}

/* Connections that have a slot: of one origin, and of all who are not trusted. */
typedef struct Slots {
    size_t all, own, others;
    Peer *oldest_own, *oldest_other; /* of those that wait for no answer; NULL: none */
} Slots;

static Slots admission_count(const Admission *admission, const Origin *origin)
{
    Slots slots = {0};

    for (Peer *peer = admission->peers; peer; peer = peer->next) {
        bool is_own = admission_is_same(&peer->origin, origin);
        bool is_other = !admission_is_trusted(&peer->origin);

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

static bool admission_make_room(Admission *admission, const Origin *origin)
{
    const Slots slots = admission_count(admission, origin);
    Peer *victim;

    if (admission_is_trusted(origin)) {
        if (slots.all < ADMISSION_MAX)
            return true;
        victim = slots.oldest_other ? slots.oldest_other : slots.oldest_own;
    } else {
        bool has_share = slots.own < ADMISSION_OF_ONE_MAX;

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
    Origin origin;

    if (fd < 0)
        return errno == EINTR || errno == ECONNABORTED ? -EAGAIN : -errno;
    admission_look(fd, &origin);
    if (admission_make_room(admission, &origin))
        return fd;
    if (!origin.is_remote)
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
        .deadline_usec = deadline_usec,
        .next = admission->peers,
    };
    admission_look(fd, &peer->origin);
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
