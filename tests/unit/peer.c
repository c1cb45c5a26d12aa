/* SPDX-License-Identifier: MIT */
/* Whatever goes wrong in here is a broken test and aborts. */
#include "tests/unit/peer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/buf.h"

struct PeerConnection {
    Peer *peer;
    PeerConnection *next;
    int fd;
    sd_event_source *source;
    sd_event_source *dripping;
    Buf in, out;
    size_t sent; /* of `out` */
    size_t requests;
    bool closing;
};

struct Peer {
    sd_event *event;
    int fd;
    uint16_t port;
    sd_event_source *source;
    PeerOnRequest on_request;
    void *userdata;
    PeerConnection *connections; /* ended ones have fd -1 */
    size_t connection_count;
    size_t request_count;
};

static void peer_end(PeerConnection *connection)
{
    if (connection->fd < 0)
        return;
    connection->source = sd_event_source_disable_unref(connection->source);
    connection->dripping = sd_event_source_disable_unref(connection->dripping);
    close(connection->fd);
    connection->fd = -1;
}

/* Writes `size_max` bytes at most of what waits. */
static void peer_write(PeerConnection *connection, size_t size_max)
{
    size_t left = connection->out.size - connection->sent;
    ssize_t sent;

    if (connection->fd < 0)
        return;
    if (left > 0) {
        sent = send(connection->fd, connection->out.data + connection->sent,
                    left < size_max ? left : size_max, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) {
            peer_end(connection);
            return;
        }
        connection->sent += sent > 0 ? (size_t)sent : 0;
        left = connection->out.size - connection->sent;
    }
    if (left == 0 && connection->closing)
        peer_end(connection);
    else
        sd_event_source_set_io_events(
            connection->source, EPOLLIN | (left > 0 && !connection->dripping ? EPOLLOUT : 0U));
}

/* The size of the first request when it is whole, else 0. */
static size_t peer_whole(const Buf *in)
{
    const char *end = in->size > 0 ? strstr(in->data, "\r\n\r\n") : NULL;
    char length[32];
    size_t size;

    if (!end)
        return 0;
    peer_header(in->data, "Content-Length", length, sizeof(length));
    size = (size_t)(end - in->data) + 4 + strtoul(length, NULL, 10);
    return size <= in->size ? size : 0;
}

static void peer_take_requests(PeerConnection *connection)
{
    size_t size;

    while (connection->fd >= 0 && (size = peer_whole(&connection->in)) > 0) {
        char *request = strndup(connection->in.data, size);
        size_t rest = connection->in.size - size;

        assert(request);
        memmove(connection->in.data, connection->in.data + size, rest + 1);
        connection->in.size = rest;
        connection->requests++;
        connection->peer->request_count++;
        connection->peer->on_request(connection, request, connection->peer->userdata);
        free(request);
    }
}

static int peer_on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    PeerConnection *connection = userdata;
    char bytes[65536];
    ssize_t got;

    (void)source;
    if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
        got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            peer_end(connection);
            return 0;
        }
        if (got > 0)
            buf_append(&connection->in, bytes, (size_t)got);
        peer_take_requests(connection);
    }
    if (revents & EPOLLOUT)
        peer_write(connection, SIZE_MAX);
    return 0;
}

static int peer_on_accept(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    Peer *peer = userdata;
    PeerConnection *connection = calloc(1, sizeof(*connection));

    (void)source;
    (void)revents;
    assert(connection);
    connection->peer = peer;
    connection->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    assert(connection->fd >= 0);
    connection->next = peer->connections;
    peer->connections = connection;
    peer->connection_count++;
    assert(sd_event_add_io(peer->event, &connection->source, connection->fd, EPOLLIN, peer_on_io,
                           connection) >= 0);
    return 0;
}

Peer *peer_new(sd_event *event, PeerOnRequest on_request, void *userdata)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    Peer *peer = calloc(1, sizeof(*peer));

    assert(peer);
    peer->event = sd_event_ref(event);
    peer->on_request = on_request;
    peer->userdata = userdata;
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(peer->fd >= 0);
    assert(bind(peer->fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    assert(listen(peer->fd, 64) == 0);
    assert(getsockname(peer->fd, (struct sockaddr *)&address, &size) == 0);
    peer->port = ntohs(address.sin_port);
    assert(sd_event_add_io(event, &peer->source, peer->fd, EPOLLIN, peer_on_accept, peer) >= 0);
    return peer;
}

void peer_free(Peer *peer)
{
    if (!peer)
        return;
    while (peer->connections) {
        PeerConnection *connection = peer->connections;

        peer->connections = connection->next;
        peer_end(connection);
        buf_done(&connection->in);
        buf_done(&connection->out);
        free(connection);
    }
    sd_event_source_disable_unref(peer->source);
    close(peer->fd);
    sd_event_unref(peer->event);
    free(peer);
}

uint16_t peer_port(const Peer *peer)
{
    return peer->port;
}

size_t peer_requests(const Peer *peer)
{
    return peer->request_count;
}

size_t peer_connections(const Peer *peer)
{
    return peer->connection_count;
}

size_t peer_request_number(const PeerConnection *connection)
{
    return connection->requests;
}

void peer_send(PeerConnection *connection, const void *bytes, size_t size)
{
    buf_append(&connection->out, bytes, size);
    assert(buf_failed(&connection->out) == 0);
    peer_write(connection, SIZE_MAX);
}

void peer_puts(PeerConnection *connection, const char *text)
{
    peer_send(connection, text, strlen(text));
}

void peer_answer(PeerConnection *connection, int status, const char *headers, const char *body)
{
    Buf text = {0};

    buf_printf(&text, "HTTP/1.1 %d Whatever\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
               strlen(body), body);
    peer_send(connection, text.data, text.size);
    buf_done(&text);
}

static int peer_on_drip(sd_event_source *source, uint64_t usec, void *userdata)
{
    PeerConnection *connection = userdata;

    sd_event_source_set_time(source, usec + 1000);
    peer_write(connection, 1);
    return 0;
}

void peer_drip(PeerConnection *connection)
{
    if (connection->dripping)
        return;
    assert(sd_event_add_time_relative(connection->peer->event, &connection->dripping,
                                      CLOCK_MONOTONIC, 1000, 1, peer_on_drip, connection) >= 0);
    assert(sd_event_source_set_enabled(connection->dripping, SD_EVENT_ON) >= 0);
}

void peer_close(PeerConnection *connection)
{
    connection->closing = true;
    peer_write(connection, SIZE_MAX);
}

void peer_reset(PeerConnection *connection)
{
    struct linger now = {.l_onoff = 1};

    if (connection->fd < 0)
        return;
    assert(setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
    peer_end(connection);
}

void peer_header(const char *request, const char *name, char *ret_value, size_t size)
{
    size_t name_size = strlen(name);

    ret_value[0] = '\0';
    for (const char *line = strstr(request, "\r\n"); line && line[2] != '\r';
         line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, name_size) == 0 && line[name_size] == ':') {
            const char *value = line + name_size + 1;

            value += strspn(value, " ");
            snprintf(ret_value, size, "%.*s", (int)strcspn(value, "\r\n"), value);
            return;
        }
    }
}
