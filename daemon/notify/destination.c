/* SPDX-License-Identifier: MIT */
#include "daemon/notify/destination.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/secret_file.h"

bool destination_is_plain(const char *url)
{
    return strncasecmp(url, "http://", 7) == 0;
}

/* Whether http:// leads to this host. */
static bool destination_is_loopback(const char *url)
{
    static const char *const hosts[] = {"127.", "localhost", "[::1]"};
    const char *host = url + 7;
    size_t length = strcspn(host, "/?#:");

    if (host[0] == '[')
        length = strcspn(host, "]") + 1;
    if (strncmp(host, "127.", 4) == 0)
        return strspn(host, "0123456789.") == length;
    for (size_t i = 1; i < ELEMENTS(hosts); i++) {
        if (strlen(hosts[i]) == length && strncasecmp(host, hosts[i], length) == 0)
            return true;
    }
    return false;
}

static int destination_check_url(const char *url, const char *key, Err *err)
{
    bool is_plain = destination_is_plain(url);

    if (!is_plain && strncasecmp(url, "https://", 8) != 0)
        return err_set(err, -EINVAL, "%s: holds no URL, must hold https://HOST/PATH alone", key);
    for (const char *byte = url; *byte; byte++) {
        if (*byte <= ' ' || *byte >= 0x7f)
            return err_set(err, -EINVAL,
                           "%s: holds a space or another character that no URL has, must hold the "
                           "URL alone",
                           key);
    }
    if (strcspn(url + 8, "/?#") > strcspn(url + 8, "@"))
        return err_set(err, -EINVAL, "%s: holds a user, must hold https://HOST/PATH", key);
    if (is_plain && !destination_is_loopback(url))
        return err_set(err, -EINVAL, "%s: http:// is for loopback addresses only, must be https://",
                       key);
    return 0;
}

int destination_read(const Notifier *notifier, size_t place, const char *directory,
                     Secret **ret_url, Err *err)
{
    _cleanup_(secret_freep) Secret *url = NULL;
    char key[48];
    int r;

    snprintf(key, sizeof(key), "notify[%zu].url_file", place);
    r = secret_file_read(notifier->url_file, key, directory, &url, err);
    if (r >= 0)
        r = destination_check_url(secret_bytes(url), key, err);
    if (r < 0)
        return r;
    *ret_url = TAKE_PTR(url);
    return 0;
}

int destination_check(const Config *config, Err *err)
{
    int r = 0;

    for (size_t i = 0; i < config->notifier_count && r >= 0; i++) {
        _cleanup_(secret_freep) Secret *url = NULL;

        r = destination_read(&config->notifiers[i], i, config->directory, &url, err);
    }
    return r;
}
