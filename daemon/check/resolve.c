/* SPDX-License-Identifier: MIT */
#include "daemon/check/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>

#include "config/address.h"
#include "daemon/base/mem.h"

#define RESOLVE_SHOWN_MAX 4

DEFINE_CLEANUP(struct addrinfo, freeaddrinfo)

static int resolve_fail(const char *host, int error, Err *err)
{
    int reason = errno;

    switch (error) {
    case EAI_MEMORY:
        return err_memory(err);
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
        return err_set(
            err, -ENXIO,
            "there is no address for %s: correct the name in the settings, or have a name "
            "server that knows it in /etc/resolv.conf",
            host);
    case EAI_AGAIN:
        return err_set(
            err, -ENXIO,
            "no name server answers for %s: look at /etc/resolv.conf, and whether this host "
            "reaches the name servers in it",
            host);
    case EAI_SYSTEM:
        return err_set(err, -ENXIO, "the address of %s cannot be looked up: %s", host,
                       err_reason(-reason));
    default:
        return err_set(err, -ENXIO,
                       "the address of %s cannot be looked up: %s: look at /etc/resolv.conf", host,
                       gai_strerror(error));
    }
}

/* "192.0.2.1, 192.0.2.2 and 3 more" */
static void resolve_append_all(const struct addrinfo *all, Buf *found)
{
    size_t count = 0;

    for (const struct addrinfo *one = all; one; one = one->ai_next, count++) {
        char text[NI_MAXHOST];

        if (count < RESOLVE_SHOWN_MAX && getnameinfo(one->ai_addr, one->ai_addrlen, text,
                                                     sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
            buf_printf(found, "%s%s", count > 0 ? ", " : "", text);
    }
    if (count > RESOLVE_SHOWN_MAX)
        buf_printf(found, " and %zu more", count - RESOLVE_SHOWN_MAX);
}

int resolve_host(const char *host, Buf *found, Err *err)
{
    const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    _cleanup_(freeaddrinfop) struct addrinfo *all = NULL;
    char canonical[ADDRESS_SIZE_MAX];
    AddressKind kind;
    int error;

    if (address_parse(host, canonical, &kind) == 0 && kind != ADDRESS_NAME) {
        buf_printf(found, "%s is an address", host);
        return buf_failed(found);
    }
    error = getaddrinfo(host, NULL, &wanted, &all);
    if (error != 0)
        return resolve_fail(host, error, err);
    buf_printf(found, "%s is ", host);
    resolve_append_all(all, found);
    return buf_failed(found);
}
