/* SPDX-License-Identifier: MIT */
/* Who is at the other side of a connection, and whose share of the slots it takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/http/admission.h"
#include "daemon/http/tcp_socket.h"

#define CLIENTS_MAX 40

/* A listening socket of the kernel's choice of port. */
static int listen_on(const char *address, int family, uint16_t *ret_port)
{
    struct sockaddr_storage bound = {.ss_family = (sa_family_t)family};
    socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    int probe = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
    Err err = {0};

    if (probe < 0 || bind(probe, (struct sockaddr *)&bound, size) < 0)
        return -1;
    assert_int_equal(getsockname(probe, (struct sockaddr *)&bound, &size), 0);
    *ret_port = ntohs(((struct sockaddr_in *)&bound)->sin_port);
    close(probe);
    fd = tcp_socket_listen(address, *ret_port, -1, &err);
    if (fd < 0)
        fail_msg("%s", err.text);
    return fd;
}

/* Of IPv4, from an address of the loopback network. */
static int connect_from(uint32_t source, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static int connect_ipv6(uint16_t port)
{
    struct sockaddr_in6 address = {
        .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT, .sin6_port = htons(port)};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* Takes what has come, as server.c does. */
static Peer *take(Admission *admission, int listen_fd)
{
    int fd;

    do
        fd = admission_accept(admission, listen_fd);
    while (fd == -EAGAIN);
    assert_true(fd >= 0);
    return admission_add(admission, fd, 0);
}

static void drop_all(Admission *admission)
{
    while (admission->peers) {
        close(admission->peers->fd);
        admission_remove(admission, admission->peers);
    }
}

static void expect_network(const Origin *origin, const uint8_t expected[static 16])
{
    assert_true(origin->is_remote);
    assert_false(admission_is_trusted(origin));
    assert_memory_equal(origin->network, expected, 16);
}

static void test_a_user(void **state)
{
    Origin origin;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    admission_look(pair[0], &origin);
    assert_false(origin.is_remote);
    assert_int_equal(origin.uid, geteuid());
    assert_true(admission_is_trusted(&origin));
    origin.uid = geteuid() + 1;
    assert_int_equal(admission_is_trusted(&origin), origin.uid == 0);
    close(pair[0]);
    close(pair[1]);
}

static void test_an_address(void **state)
{
    static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 3};
    Admission admission = {0};
    uint16_t port;
    int listen_fd = listen_on("127.0.0.1", AF_INET, &port);
    int client = connect_from(INADDR_LOOPBACK + 2, port);

    (void)state;
    expect_network(&take(&admission, listen_fd)->origin, mapped);
    drop_all(&admission);
    close(client);
    close(listen_fd);
}

/* Of IPv6 the network of 64 bits counts, which ::1 shares with nobody; IPv4 is what it is. */
static void test_addresses_of_ipv6(void **state)
{
    static const uint8_t none[16], mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};
    Admission admission = {0};
    int listen_fd, clients[2];
    uint16_t port;

    (void)state;
    listen_fd = listen_on("::", AF_INET6, &port);
    if (listen_fd < 0)
        skip();
    clients[0] = connect_ipv6(port);
    expect_network(&take(&admission, listen_fd)->origin, none);
    clients[1] = connect_from(INADDR_LOOPBACK, port);
    expect_network(&take(&admission, listen_fd)->origin, mapped);
    drop_all(&admission);
    close(clients[0]);
    close(clients[1]);
    close(listen_fd);
}

/* Beyond its share, an address loses its own oldest connection, and nobody else's. */
static void test_shares(void **state)
{
    Admission admission = {0};
    int clients[CLIENTS_MAX];
    size_t count = 0, kept = 0;
    const Peer *other, *first;
    uint16_t port;
    int listen_fd = listen_on("127.0.0.1", AF_INET, &port);

    (void)state;
    clients[count++] = connect_from(INADDR_LOOPBACK + 1, port);
    other = take(&admission, listen_fd);
    clients[count++] = connect_from(INADDR_LOOPBACK, port);
    first = take(&admission, listen_fd);
    for (size_t i = 1; i < ADMISSION_OF_ONE_MAX; i++) {
        clients[count++] = connect_from(INADDR_LOOPBACK, port);
        take(&admission, listen_fd);
    }
    assert_false(first->is_ending);
    clients[count++] = connect_from(INADDR_LOOPBACK, port);
    take(&admission, listen_fd);
    assert_true(first->is_ending);
    assert_false(other->is_ending);
    for (const Peer *peer = admission.peers; peer; peer = peer->next)
        kept += !peer->is_ending;
    assert_int_equal(kept, ADMISSION_OF_ONE_MAX + 1);
    drop_all(&admission);
    while (count > 0)
        close(clients[--count]);
    close(listen_fd);
}

/* One that waits for an answer keeps its slot: with nothing but these, the next is turned away. */
static void test_who_waits_for_an_answer(void **state)
{
    Admission admission = {0};
    int clients[CLIENTS_MAX];
    size_t count = 0;
    uint16_t port;
    int listen_fd = listen_on("127.0.0.1", AF_INET, &port);

    (void)state;
    for (size_t i = 0; i < ADMISSION_OF_ONE_MAX; i++) {
        clients[count++] = connect_from(INADDR_LOOPBACK, port);
        take(&admission, listen_fd)->is_waiting = true;
    }
    clients[count++] = connect_from(INADDR_LOOPBACK, port);
    assert_int_equal(admission_accept(&admission, listen_fd), -EBUSY);
    clients[count++] = connect_from(INADDR_LOOPBACK + 7, port);
    assert_false(take(&admission, listen_fd)->is_ending);
    admission_end_overdue(&admission, 1);
    assert_true(admission.peers->is_ending);
    assert_false(admission.peers->next->is_ending);
    drop_all(&admission);
    while (count > 0)
        close(clients[--count]);
    close(listen_fd);
}

/* A port that is taken is told; one of ours that overlaps is no hindrance. */
static void test_binding(void **state)
{
    Err err = {0};
    uint16_t port;
    int one = listen_on("127.0.0.1", AF_INET, &port), all, again;

    (void)state;
    assert_int_equal(tcp_socket_listen("0.0.0.0", port, -1, &err), -EADDRINUSE);
    assert_non_null(strstr(err.text, "cannot be bound"));
    all = tcp_socket_listen("0.0.0.0", port, one, &err);
    assert_true(all >= 0);
    close(one);
    assert_int_equal(tcp_socket_listen("127.0.0.1", port, -1, &err), -EADDRINUSE);
    again = tcp_socket_listen("127.0.0.1", port, all, &err);
    assert_true(again >= 0);
    close(again);
    close(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_user),
        cmocka_unit_test(test_an_address),
        cmocka_unit_test(test_addresses_of_ipv6),
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_who_waits_for_an_answer),
        cmocka_unit_test(test_binding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
