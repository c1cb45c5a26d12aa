/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what decides who may read over TCP: `Host` on the first line, `Authorization` behind it.
 * Whatever comes in is judged; a host that is let in is an address or one of three names, and
 * whoever is let in has the secret: as it is, or in base64.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/digest.h"
#include "daemon/base/str.h"
#include "daemon/web/access.h"

#define TOKEN "sesame"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Secret *token;

static void end(void)
{
    secret_free(token);
}

static void begin(void)
{
    if (token)
        return;
    assert(digest_prepare() == 0);
    token = secret_new_copy(TOKEN, strlen(TOKEN));
    assert(token);
    atexit(end);
}

/* Without the port and the dot at the end. */
static bool is_name(const char *host, const char *name)
{
    size_t length = strlen(name);

    return strncasecmp(host, name, length) == 0 && strchr(".:", host[length]);
}

static void check_host(const char *host)
{
    static const char *const hosts[] = {"a.example.com", "b"};
    const HttpSettings settings = {.hosts = hosts, .host_count = 2};
    int status = access_check_host(&settings, host);

    assert(status == 0 || status == 400 || status == 421);
    if (status == 0 && strspn(host, "[0123456789") == 0)
        assert(is_name(host, "localhost") || is_name(host, hosts[0]) || is_name(host, hosts[1]));
}

static void check_token(const char *authorization)
{
    bool is_bearer = strncasecmp(authorization, "Bearer ", 7) == 0;

    if (!access_check_token(token, authorization))
        return;
    if (is_bearer)
        assert(str_equal(authorization + 7 + strspn(authorization + 7, " "), TOKEN));
    else
        assert(strncasecmp(authorization, "Basic ", 6) == 0 && strlen(authorization) >= 6 + 10);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_free_ char *text = malloc(size + 1);
    char *line;

    begin();
    assert(text);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    line = strchr(text, '\n');
    if (line)
        *line = '\0';
    check_host(text);
    check_token(line ? line + 1 : "");
    return 0;
}
