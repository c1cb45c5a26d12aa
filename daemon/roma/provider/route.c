/* SPDX-License-Identifier: MIT */
#include "daemon/roma/provider/route.h"

#include <errno.h>
#include <string.h>

#include "config/endpoint_host.h"
#include "daemon/base/str.h"

#define ROUTE_PASSWORD_KEY "proxy_password_file"

/* ---- user:password of the proxy ---- */

static int route_split(const char *text, const char *file, char **ret_user, Secret **ret_password,
                       Err *err)
{
    _cleanup_(secret_freep) Secret *password = NULL;
    _cleanup_free_ char *user = NULL;
    const char *colon = strchr(text, ':');

    if (!colon || colon == text)
        return err_set(err, -EINVAL,
                       ROUTE_PASSWORD_KEY ": %s: no user before a colon, should hold user:password",
                       file);
    user = strndup(text, (size_t)(colon - text));
    password = secret_new_copy(colon + 1, strlen(colon + 1));
    if (!user || !password)
        return err_memory(err);
    *ret_user = TAKE_PTR(user);
    *ret_password = TAKE_PTR(password);
    return 0;
}

/* The stamp first: what changes while it is read is noticed the next time. */
static int route_read_password(Route *route, Err *err)
{
    const char *file = route->instance->proxy_password_file;
    const char *directory = route->config->directory;
    _cleanup_(secret_freep) Secret *secret = NULL, *password = NULL;
    _cleanup_(buf_done) Buf path = {0};
    char *user = NULL;
    int r = secret_file_find(file, directory, &path);

    if (r < 0)
        return err_memory(err);
    credential_stamp_file(buf_text(&path), &route->proxy_stamp);
    r = secret_file_read(file, ROUTE_PASSWORD_KEY, directory, &secret, err);
    if (r >= 0)
        r = route_split(secret_bytes(secret), file, &user, &password, err);
    if (r < 0)
        return r;
    free(route->proxy_user);
    secret_free(route->proxy_password);
    route->proxy_user = user;
    route->proxy_password = TAKE_PTR(password);
    route->proxy.user = route->proxy_user;
    route->proxy.password = secret_bytes(route->proxy_password);
    return 0;
}

static void route_refresh_password(Route *route, Http *http)
{
    _cleanup_(buf_done) Buf path = {0};
    CredentialStamp stamp;
    Err err;

    if (!route->instance->proxy_password_file ||
        secret_file_find(route->instance->proxy_password_file, route->config->directory, &path) <
            0 ||
        credential_stamp_file(buf_text(&path), &stamp) < 0 ||
        memcmp(&stamp, &route->proxy_stamp, sizeof(stamp)) == 0)
        return;
    if (route_read_password(route, &err) >= 0)
        http_renew(http);
}

/* ---- authorities ---- */

static void route_refresh_authorities(Route *route, Http *http)
{
    CredentialStamp stamp;

    if (route->ca_path.size == 0 ||
        credential_stamp_file(buf_text(&route->ca_path), &stamp) == -ETIMEDOUT)
        return;
    if (memcmp(&stamp, &route->ca_stamp, sizeof(stamp)) != 0 && http_renew(http) >= 0)
        route->ca_stamp = stamp;
}

/* ---- all of it ---- */

int route_init(Route *route, const Config *config, const Instance *instance, Err *err)
{
    int r = 0;

    route->config = config;
    route->instance = instance;
    route->proxy.url = instance->proxy;
    if (instance->ca_file) {
        r = secret_file_beside(instance->ca_file, config->directory, &route->ca_path);
        if (r < 0)
            return err_memory(err);
        credential_stamp_file(buf_text(&route->ca_path), &route->ca_stamp);
    }
    return instance->proxy_password_file ? route_read_password(route, err) : 0;
}

void route_done(Route *route)
{
    buf_done(&route->ca_path);
    free(route->proxy_user);
    secret_free(route->proxy_password);
}

void route_apply(const Route *route, const char *endpoint, HttpRequest *request)
{
    const Limits *limits = &route->config->limits;

    request->ca_file = route->ca_path.size > 0 ? buf_text(&route->ca_path) : NULL;
    request->proxy = route->proxy.url && !endpoint_host_is_near(endpoint) ? &route->proxy : NULL;
    request->connect_timeout_usec = limits->connect_timeout_usec;
    request->timeout_usec = limits->timeout_usec;
    request->plain_allowed = str_has_prefix(endpoint, "http://");
}

void route_refresh(Route *route, Http *http)
{
    route_refresh_authorities(route, http);
    route_refresh_password(route, http);
}
