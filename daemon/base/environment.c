/* SPDX-License-Identifier: MIT */
#include "daemon/base/environment.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

/* The values that were taken, kept for the life of the process: a reload asks for them again. */
static struct {
    const char *name;
    Secret *value;
} environment_taken[] = {
    {.name = "HUAWEICLOUD_SDK_AK"},
    {.name = "HUAWEICLOUD_SDK_SK"},
    {.name = "HUAWEICLOUD_SDK_SECURITY_TOKEN"},
};

/* By how they begin: of OpenSSL, of libcurl, and of the resolver what gives names other hosts. */
static const char *const environment_unwanted[] = {
    "SSLKEYLOGFILE", "OPENSSL_",    "SSL_CERT_",   "CTLOG_FILE", "CURL_",
    "NETRC",         "http_proxy",  "https_proxy", "all_proxy",  "no_proxy",
    "HTTP_PROXY",    "HTTPS_PROXY", "ALL_PROXY",   "NO_PROXY",   "HOSTALIASES",
};

/* Those of them that name a proxy. */
static const char *const environment_proxy_names[] = {
    "http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY",
};

static bool environment_proxy_was_set[ELEMENTS(environment_proxy_names)];

static void environment_note_proxy(const char *name, const char *value)
{
    for (size_t i = 0; i < ELEMENTS(environment_proxy_names); i++) {
        if (value[0] != '\0' && str_equal(environment_proxy_names[i], name))
            environment_proxy_was_set[i] = true;
    }
}

int environment_append_proxies(Buf *buf)
{
    const char *separator = "";

    for (size_t i = 0; i < ELEMENTS(environment_proxy_names); i++) {
        if (!environment_proxy_was_set[i])
            continue;
        buf_printf(buf, "%s%s", separator, environment_proxy_names[i]);
        separator = ", ";
    }
    return buf_failed(buf);
}

static Secret **environment_place(const char *name)
{
    for (size_t i = 0; i < ELEMENTS(environment_taken); i++) {
        if (str_equal(environment_taken[i].name, name))
            return &environment_taken[i].value;
    }
    return NULL;
}

static int environment_take(const char *name, Secret **place)
{
    char *value = secure_getenv(name);
    Secret *copy;

    if (!value)
        return 0;
    copy = secret_new_copy(value, strlen(value));
    if (!copy)
        return -ENOMEM;
    secret_free(*place);
    *place = copy;
    explicit_bzero(value, strlen(value));
    unsetenv(name);
    return 0;
}

static bool environment_is_unwanted(const char *line)
{
    for (size_t i = 0; i < ELEMENTS(environment_unwanted); i++) {
        if (str_has_prefix(line, environment_unwanted[i]))
            return true;
    }
    return false;
}

/* unsetenv() closes the gap: what stood behind it has its number now. */
static void environment_remove_unwanted(void)
{
    for (size_t i = 0; environ && environ[i];) {
        char name[64];
        size_t size = strcspn(environ[i], "=");

        if (!environment_is_unwanted(environ[i]) || size == 0 || size >= sizeof(name)) {
            i++;
            continue;
        }
        memcpy(name, environ[i], size);
        name[size] = '\0';
        environment_note_proxy(name, environ[i] + size + 1);
        unsetenv(name);
    }
}

int environment_begin(void)
{
    environment_remove_unwanted();
    for (size_t i = 0; i < ELEMENTS(environment_taken); i++) {
        if (environment_take(environment_taken[i].name, &environment_taken[i].value) < 0)
            return -ENOMEM;
    }
    return 0;
}

int environment_get(const char *name, Secret **ret_value)
{
    Secret **place = environment_place(name);

    assert(place);
    if (environment_take(name, place) < 0)
        return -ENOMEM;
    if (!*place || secret_size(*place) == 0)
        return 0;
    *ret_value = secret_new_copy(secret_bytes(*place), secret_size(*place));
    return *ret_value ? 0 : -ENOMEM;
}
