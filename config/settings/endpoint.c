/* SPDX-License-Identifier: MIT */
#include "config/settings/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/str.h"

#define HTTP_PORT 80U
#define HTTPS_PORT 443U

/* The parts of an authority. */
typedef struct Authority {
    char host[ADDRESS_SIZE_MAX]; /* canonical */
    AddressKind kind;
    unsigned port; /* 0: none was written */
} Authority;

static int parse_port(const char *text, Authority *authority, Err *err)
{
    uint64_t port;

    if (text[0] == '\0')
        return 0;
    if (text[0] != ':' || str_parse_uint(text + 1, ADDRESS_PORT_MAX, &port) < 0 || port == 0)
        return err_set(err, -EINVAL, "not a port, must end in \":\" and 1 to 65535");
    authority->port = (unsigned)port;
    return 0;
}

static int parse_authority(const char *text, Authority *ret_authority, Err *err)
{
    Authority authority = {0};
    bool in_brackets = text[0] == '[';
    const char *start = in_brackets ? text + 1 : text;
    size_t length = strcspn(start, in_brackets ? "]" : ":");
    char host[ADDRESS_SIZE_MAX];
    bool is_host = length > 0 && length < sizeof(host) && (!in_brackets || start[length] == ']');

    if (is_host) {
        memcpy(host, start, length);
        host[length] = '\0';
        is_host = address_parse(host, authority.host, &authority.kind) == 0 &&
                  in_brackets == (strchr(host, ':') != NULL);
    }
    if (!is_host)
        return err_set(err, -EINVAL, "not a host, must be https://HOST");
    if (parse_port(start + length + in_brackets, &authority, err) < 0)
        return -EINVAL;
    *ret_authority = authority;
    return 0;
}

static bool is_loopback(const Authority *authority)
{
    return (authority->kind == ADDRESS_IPV4 && str_has_prefix(authority->host, "127.")) ||
           str_equal(authority->host, "::1") || str_equal(authority->host, "localhost");
}

static int check_clear_text(const Authority *authority, EndpointUse use, Err *err)
{
    if (is_loopback(authority))
        return 0;
    if (use == ENDPOINT_METADATA && str_equal(authority->host, "169.254.169.254"))
        return 0;
    return err_set(err, -EINVAL, "credentials in the clear, must begin with https://%s",
                   use == ENDPOINT_METADATA ? " (or be http://169.254.169.254)" : "");
}

/* Copies the authority, without the one slash that may follow. */
static int cut_authority(const char *text, char ret_authority[static ENDPOINT_SIZE_MAX], Err *err)
{
    size_t length = strcspn(text, "/?#");

    if (memchr(text, '@', length)) /* no message repeats what may be a password */
        return err_set(err, -EACCES,
                       "user or password in the endpoint, must be https://HOST without one");
    if (text[length] != '\0' && !str_equal(text + length, "/"))
        return err_set(err, -EINVAL, "path or query after the host, must be https://HOST alone");
    if (length >= ENDPOINT_SIZE_MAX)
        return err_set(err, -EINVAL, "too long, must be https://HOST");
    memcpy(ret_authority, text, length);
    ret_authority[length] = '\0';
    return 0;
}

/* Somebody may have written a password into what is no endpoint as well. */
static int refuse_scheme(const char *text, Err *err)
{
    if (strchr(text, '@'))
        return err_set(err, -EACCES,
                       "user or password in the endpoint, must be https://HOST without one");
    return err_set(err, -EINVAL, "not an endpoint, must be https://HOST");
}

int endpoint_parse(const char *text, EndpointUse use, char ret_endpoint[static ENDPOINT_SIZE_MAX],
                   Err *err)
{
    bool is_http = strncasecmp(text, "http://", 7) == 0;
    bool is_https = strncasecmp(text, "https://", 8) == 0;
    char rest[ENDPOINT_SIZE_MAX], port[16] = "";
    Authority authority;
    bool is_ipv6;
    int r;

    if (!is_http && !is_https)
        return refuse_scheme(text, err);
    r = cut_authority(text + (is_http ? 7 : 8), rest, err);
    if (r == 0)
        r = parse_authority(rest, &authority, err);
    if (r < 0)
        return r;
    if (is_http && check_clear_text(&authority, use, err) < 0)
        return -EINVAL;
    if (authority.port && authority.port != (is_http ? HTTP_PORT : HTTPS_PORT))
        snprintf(port, sizeof(port), ":%u", authority.port);
    is_ipv6 = authority.kind == ADDRESS_IPV6;
    snprintf(ret_endpoint, ENDPOINT_SIZE_MAX, "%s://%s%s%s%s", is_http ? "http" : "https",
             is_ipv6 ? "[" : "", authority.host, is_ipv6 ? "]" : "", port);
    return 0;
}
