/* SPDX-License-Identifier: MIT */
#include "config/settings/endpoint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/endpoint_host.h"
#include "daemon/base/str.h"

#define HTTP_PORT 80U
#define HTTPS_PORT 443U

#define SERVICE_FORM "https://HOST"
#define PROXY_FORM "http://HOST:PORT"

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

static int parse_authority(const char *text, const char *form, Authority *ret_authority, Err *err)
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
        return err_set(err, -EINVAL, "not a host, must be %s", form);
    if (parse_port(start + length + in_brackets, &authority, err) < 0)
        return -EINVAL;
    *ret_authority = authority;
    return 0;
}

static int check_clear_text(const Authority *authority, EndpointUse use, Err *err)
{
    if (address_is_loopback(authority->host))
        return 0;
    if (use == ENDPOINT_METADATA && str_equal(authority->host, ENDPOINT_METADATA_HOST))
        return 0;
    return err_set(err, -EINVAL, "credentials in the clear, must begin with https://%s",
                   use == ENDPOINT_METADATA ? " (or be http://" ENDPOINT_METADATA_HOST ")" : "");
}

static int refuse_password(const char *form, Err *err)
{
    if (str_equal(form, PROXY_FORM))
        return err_set(err, -EACCES,
                       "user or password in the proxy, must be " PROXY_FORM
                       ", with user:password in a file (proxy_password_file)");
    return err_set(err, -EACCES, "user or password in the endpoint, must be %s without one", form);
}

/* Copies the authority, without the one slash that may follow. */
static int cut_authority(const char *text, const char *form,
                         char ret_authority[static ENDPOINT_SIZE_MAX], Err *err)
{
    size_t length = strcspn(text, "/?#");

    if (memchr(text, '@', length)) /* no message repeats what may be a password */
        return refuse_password(form, err);
    if (text[length] != '\0' && !str_equal(text + length, "/"))
        return err_set(err, -EINVAL, "path or query after the host, must be %s alone", form);
    if (length >= ENDPOINT_SIZE_MAX)
        return err_set(err, -EINVAL, "too long, must be %s", form);
    memcpy(ret_authority, text, length);
    ret_authority[length] = '\0';
    return 0;
}

/* Somebody may have written a password into what is no endpoint as well. */
static int refuse_scheme(const char *text, const char *form, Err *err)
{
    if (strchr(text, '@'))
        return refuse_password(form, err);
    return err_set(err, -EINVAL, "not %s, must be %s",
                   str_equal(form, PROXY_FORM) ? "a proxy" : "an endpoint", form);
}

/* What a proxy forwards is encrypted by itself. */
static int parse_proxy(const char *text, char ret_proxy[static ENDPOINT_SIZE_MAX], Err *err)
{
    char rest[ENDPOINT_SIZE_MAX];
    Authority authority;
    bool is_ipv6;
    int r;

    if (strncasecmp(text, "http://", 7) != 0)
        return refuse_scheme(text, PROXY_FORM, err);
    r = cut_authority(text + 7, PROXY_FORM, rest, err);
    if (r == 0)
        r = parse_authority(rest, PROXY_FORM, &authority, err);
    if (r < 0)
        return r;
    if (authority.port == 0)
        return err_set(err, -EINVAL, "no port, must be " PROXY_FORM);
    is_ipv6 = authority.kind == ADDRESS_IPV6;
    snprintf(ret_proxy, ENDPOINT_SIZE_MAX, "http://%s%s%s:%u", is_ipv6 ? "[" : "", authority.host,
             is_ipv6 ? "]" : "", authority.port);
    return 0;
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

    if (use == ENDPOINT_PROXY)
        return parse_proxy(text, ret_endpoint, err);
    if (!is_http && !is_https)
        return refuse_scheme(text, SERVICE_FORM, err);
    r = cut_authority(text + (is_http ? 7 : 8), SERVICE_FORM, rest, err);
    if (r == 0)
        r = parse_authority(rest, SERVICE_FORM, &authority, err);
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
