/* SPDX-License-Identifier: MIT */
#include "tests/unit/etcd_proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "daemon/base/buf.h"

typedef struct Pipe Pipe;

/* One connection, both ways. */
struct Pipe {
    EtcdProxy *proxy;
    Pipe *next;
    int fds[2]; /* of the client, of etcd */
    sd_event_source *sources[2];
    bool loses; /* the answer under way */
    Buf seen;   /* all that its client sent */
};

struct EtcdProxy {
    sd_event *event;
    int fd;
    sd_event_source *source;
    uint16_t etcd_port;
    char url[64];
    Pipe *pipes;
    Buf seen; /* all that clients sent */
    char lost[256];
    size_t lost_count;
    bool holds, refuses;
};

static void pipe_free(Pipe *pipe)
{
    Pipe **place = &pipe->proxy->pipes;

    while (*place != pipe)
        place = &(*place)->next;
    *place = pipe->next;
    for (size_t i = 0; i < 2; i++) {
        sd_event_source_disable_unref(pipe->sources[i]);
        close(pipe->fds[i]);
    }
    buf_done(&pipe->seen);
    free(pipe);
}

/* Bytes are few, and both sides on this machine: they are written at once. */
static bool pipe_write(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = send(fd, bytes, size, MSG_NOSIGNAL);

        if (written <= 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

/* Whether a request begins a loss. */
static void pipe_look(Pipe *pipe, const char *bytes, size_t size)
{
    EtcdProxy *proxy = pipe->proxy;

    buf_append(&proxy->seen, bytes, size);
    buf_append(&pipe->seen, bytes, size);
    if (proxy->lost_count > 0 && memmem(bytes, size, proxy->lost, strlen(proxy->lost))) {
        proxy->lost_count--;
        pipe->loses = true;
    }
}

static int pipe_on_bytes(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    Pipe *pipe = userdata;
    bool is_client = fd == pipe->fds[0];
    static char bytes[256 * 1024];
    ssize_t size;

    (void)source;
    (void)events;
    size = recv(fd, bytes, sizeof(bytes), 0);
    if (size <= 0) {
        pipe_free(pipe);
        return 0;
    }
    if (is_client)
        pipe_look(pipe, bytes, (size_t)size);
    if ((!is_client && pipe->loses) ||
        !pipe_write(pipe->fds[is_client ? 1 : 0], bytes, (size_t)size))
        pipe_free(pipe);
    return 0;
}

static int pipe_connect(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

static int proxy_on_connection(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    EtcdProxy *proxy = userdata;
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC), one = 1;
    int server = client >= 0 && !proxy->refuses ? pipe_connect(proxy->etcd_port) : -1;
    Pipe *pipe;

    (void)source;
    (void)events;
    if (server < 0) {
        if (client >= 0)
            close(client);
        return 0;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    pipe = calloc(1, sizeof(*pipe));
    assert_non_null(pipe);
    *pipe = (Pipe){.proxy = proxy, .next = proxy->pipes, .fds = {client, server}};
    proxy->pipes = pipe;
    for (size_t i = 0; i < 2; i++) {
        assert_true(sd_event_add_io(proxy->event, &pipe->sources[i], pipe->fds[i], EPOLLIN,
                                    pipe_on_bytes, pipe) >= 0);
        sd_event_source_set_enabled(pipe->sources[i], proxy->holds ? SD_EVENT_OFF : SD_EVENT_ON);
    }
    return 0;
}

EtcdProxy *etcd_proxy_new(sd_event *event, uint16_t etcd_port)
{
    EtcdProxy *proxy = calloc(1, sizeof(*proxy));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    assert_non_null(proxy);
    proxy->event = event;
    proxy->etcd_port = etcd_port;
    proxy->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(proxy->fd >= 0);
    assert_int_equal(bind(proxy->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(proxy->fd, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(proxy->fd, 64), 0);
    snprintf(proxy->url, sizeof(proxy->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
    assert_true(sd_event_add_io(event, &proxy->source, proxy->fd, EPOLLIN, proxy_on_connection,
                                proxy) >= 0);
    return proxy;
}

void etcd_proxy_free(EtcdProxy *proxy)
{
    if (!proxy)
        return;
    etcd_proxy_cut(proxy, true);
    sd_event_source_disable_unref(proxy->source);
    close(proxy->fd);
    buf_done(&proxy->seen);
    free(proxy);
}

const char *etcd_proxy_url(const EtcdProxy *proxy)
{
    return proxy->url;
}

size_t etcd_proxy_count(const EtcdProxy *proxy, const char *text)
{
    const char *at = buf_text(&proxy->seen);
    size_t count = 0;

    while ((at = strstr(at, text))) {
        count++;
        at++;
    }
    return count;
}

void etcd_proxy_lose(EtcdProxy *proxy, const char *text, size_t count)
{
    snprintf(proxy->lost, sizeof(proxy->lost), "%s", text);
    proxy->lost_count = count;
}

static void pipe_enable(Pipe *pipe, bool goes_on)
{
    for (size_t i = 0; i < 2; i++)
        sd_event_source_set_enabled(pipe->sources[i], goes_on ? SD_EVENT_ON : SD_EVENT_OFF);
}

void etcd_proxy_hold(EtcdProxy *proxy, bool holds)
{
    proxy->holds = holds;
    for (Pipe *pipe = proxy->pipes; pipe; pipe = pipe->next)
        pipe_enable(pipe, !holds);
}

void etcd_proxy_hang(EtcdProxy *proxy, const char *text)
{
    size_t count = 0;

    for (Pipe *pipe = proxy->pipes; pipe; pipe = pipe->next) {
        if (!strstr(buf_text(&pipe->seen), text))
            continue;
        pipe_enable(pipe, false);
        count++;
    }
    assert_true(count > 0);
}

void etcd_proxy_cut(EtcdProxy *proxy, bool refuses)
{
    proxy->refuses = refuses;
    while (proxy->pipes)
        pipe_free(proxy->pipes);
}
