/* SPDX-License-Identifier: MIT */
/* The other side of a connection, for tests: a server on loopback in the test's own event loop,
 * which does to each request what the test says. Knows just enough of HTTP to find its end. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

typedef struct Peer Peer;
typedef struct PeerConnection PeerConnection;

/* Called with each whole request (its head and, by Content-Length, its body). */
typedef void (*PeerOnRequest)(PeerConnection *connection, const char *request, void *userdata);

Peer *peer_new(sd_event *event, PeerOnRequest on_request, void *userdata);
void peer_free(Peer *peer); /* NULL is fine */

uint16_t peer_port(const Peer *peer);
size_t peer_requests(const Peer *peer);    /* whole requests seen */
size_t peer_connections(const Peer *peer); /* accepted so far */

/* How many requests came on this connection, this one included. */
size_t peer_request_number(const PeerConnection *connection);

/* Sends in the background, as fast as the other side reads. */
void peer_send(PeerConnection *connection, const void *bytes, size_t size);
void peer_puts(PeerConnection *connection, const char *text);

/* A whole answer with Content-Length. `headers` are lines, each with its \r\n. */
void peer_answer(PeerConnection *connection, int status, const char *headers, const char *body);

/* Sends one byte every millisecond from now on. */
void peer_drip(PeerConnection *connection);

/* Ends the connection once everything is sent; at once with RST. */
void peer_close(PeerConnection *connection);
void peer_reset(PeerConnection *connection);

/* The value of a header in a request, copied; "" without one. */
void peer_header(const char *request, const char *name, char *ret_value, size_t size);
