/* SPDX-License-Identifier: MIT */
/* Stands between a client and its etcd, in the test's own event loop: counts what is asked, and
 * loses answers, holds everything, or cuts connections where a test says so. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

typedef struct EtcdProxy EtcdProxy;

EtcdProxy *etcd_proxy_new(sd_event *event, uint16_t etcd_port);
void etcd_proxy_free(EtcdProxy *proxy); /* NULL is fine */

/* Its own address, http://127.0.0.1:PORT. */
const char *etcd_proxy_url(const EtcdProxy *proxy);

/* How many requests came whose head or body holds that text. */
size_t etcd_proxy_count(const EtcdProxy *proxy, const char *text);

/* The next requests that hold that text reach etcd, and their answers nobody. */
void etcd_proxy_lose(EtcdProxy *proxy, const char *text, size_t count);

/* Nothing goes through, in either direction, until it does again. */
void etcd_proxy_hold(EtcdProxy *proxy, bool holds);

/* Nothing goes through any more on the connections there are on which such a request came; others
 * are as before. */
void etcd_proxy_hang(EtcdProxy *proxy, const char *text);

/* Ends all connections, and refuses new ones where `refuses`. */
void etcd_proxy_cut(EtcdProxy *proxy, bool refuses);
