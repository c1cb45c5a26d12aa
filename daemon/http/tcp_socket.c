/* SPDX-License-Identifier: MIT */
#include "daemon/http/tcp_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/base/file.h"

#define TCP_SOCKET_BACKLOG 1024 /* as the control socket's */

typedef struct TcpAddress {
    union {
        struct sockaddr any;
        struct sockaddr_in ipv4;
        struct sockaddr_in6 ipv6;
        struct sockaddr_storage storage;
    };
    socklen_t size;
} TcpAddress;

static void tcp_socket_address(const char *address, uint16_t port, TcpAddress *ret_address)
{
    *ret_address = (TcpAddress){.size = sizeof(ret_address->ipv4)};
    if (inet_pton(AF_INET, address, &ret_address->ipv4.sin_addr) == 1) {
        ret_address->ipv4.sin_family = AF_INET;
        ret_address->ipv4.sin_port = htons(port);
        return;
    }
    inet_pton(AF_INET6, address, &ret_address->ipv6.sin6_addr);
    ret_address->ipv6.sin6_family = AF_INET6;
    ret_address->ipv6.sin6_port = htons(port);
    ret_address->size = sizeof(ret_address->ipv6);
}

/* ---- what systemd handed over ---- */

static int tcp_socket_take(int fd, int count)
{
    int r = fcntl(fd, F_DUPFD_CLOEXEC, SD_LISTEN_FDS_START + count);

    if (r < 0)
        return -errno;
    fcntl(r, F_SETFL, fcntl(r, F_GETFL) | O_NONBLOCK);
    return r;
}

int tcp_socket_find_unix(void)
{
    int count = sd_listen_fds(0);

    for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++) {
        if (sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) > 0)
            return tcp_socket_take(fd, count);
    }
    return -ENOENT;
}

static bool tcp_socket_is_at(int fd, const TcpAddress *address)
{
    TcpAddress own = {.size = sizeof(own.storage)};

    if (sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0 ||
        getsockname(fd, &own.any, &own.size) < 0 || own.any.sa_family != address->any.sa_family)
        return false;
    if (own.any.sa_family == AF_INET)
        return own.ipv4.sin_port == address->ipv4.sin_port &&
               own.ipv4.sin_addr.s_addr == address->ipv4.sin_addr.s_addr;
    return own.ipv6.sin6_port == address->ipv6.sin6_port &&
           IN6_ARE_ADDR_EQUAL(&own.ipv6.sin6_addr, &address->ipv6.sin6_addr);
}

static int tcp_socket_find(const TcpAddress *address)
{
    int count = sd_listen_fds(0);

    for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++) {
        if (tcp_socket_is_at(fd, address))
            return tcp_socket_take(fd, count);
    }
    return -ENOENT;
}

/* ---- what is made here ---- */

static void tcp_socket_share(int fd, int value)
{
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, sizeof(value));
}

/* For as long as the new one is bound, the old one may have the same port: of an address, and of
 * all addresses. */
static int tcp_socket_bind(int fd, const TcpAddress *address, int old_fd)
{
    int r;

    tcp_socket_share(old_fd, 1);
    tcp_socket_share(fd, old_fd >= 0);
    r = bind(fd, &address->any, address->size) < 0 || listen(fd, TCP_SOCKET_BACKLOG) < 0 ? -errno
                                                                                         : 0;
    tcp_socket_share(old_fd, 0);
    tcp_socket_share(fd, 0);
    return r;
}

int tcp_socket_listen(const char *address, uint16_t port, int old_fd, Err *err)
{
    _cleanup_(file_closep) int fd = -1;
    const int yes = 1, no = 0;
    TcpAddress bound;
    int r;

    tcp_socket_address(address, port, &bound);
    r = tcp_socket_find(&bound);
    if (r >= 0)
        return r;
    fd = socket(bound.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_system(err, -errno, "no socket can be made");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bound.any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
    r = tcp_socket_bind(fd, &bound, old_fd);
    if (r == -EPERM || r == -EACCES)
        return err_system(err, r, "not allowed (the unit's SocketBindDeny=, or a port below 1024)");
    if (r < 0)
        return err_system(err, r, "it cannot be bound");
    r = fd;
    fd = -1;
    return r;
}
