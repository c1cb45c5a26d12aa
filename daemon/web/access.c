/* SPDX-License-Identifier: MIT */
#include "daemon/web/access.h"

#include <string.h>
#include <strings.h>

#include "config/address.h"
#include "daemon/base/base64.h"
#include "daemon/base/digest.h"
#include "daemon/base/str.h"

/* ---- Host ---- */

static bool access_is_port(const char *text)
{
    uint64_t port;

    return text[0] == '\0' ||
           (text[0] == ':' &&
            (text[1] == '\0' || str_parse_uint(text + 1, ADDRESS_PORT_MAX, &port) == 0));
}

/* The host without brackets and port. False where it is none. */
static bool access_split_host(const char *host, char ret_canonical[static ADDRESS_SIZE_MAX],
                              AddressKind *ret_kind)
{
    bool in_brackets = host[0] == '[';
    const char *start = host + in_brackets;
    size_t length = strcspn(start, in_brackets ? "]" : ":");
    char text[ADDRESS_SIZE_MAX];

    if (length >= sizeof(text) || (in_brackets && start[length] != ']') ||
        !access_is_port(start + length + in_brackets))
        return false;
    memcpy(text, start, length);
    text[length] = '\0';
    return address_parse(text, ret_canonical, ret_kind) == 0 &&
           in_brackets == (strchr(text, ':') != NULL);
}

int access_check_host(const HttpSettings *settings, const char *host)
{
    char canonical[ADDRESS_SIZE_MAX];
    AddressKind kind;

    if (!host || !access_split_host(host, canonical, &kind))
        return 400;
    if (kind != ADDRESS_NAME || str_equal(canonical, "localhost"))
        return 0;
    for (size_t i = 0; i < settings->host_count; i++) {
        if (str_equal(settings->hosts[i], canonical))
            return 0;
    }
    return 421;
}

/* ---- Authorization ---- */

/* What follows the name of a scheme, or NULL. */
static const char *access_find_scheme(const char *authorization, const char *scheme)
{
    size_t length = strlen(scheme);

    if (strncasecmp(authorization, scheme, length) != 0 || authorization[length] != ' ')
        return NULL;
    return authorization + length + strspn(authorization + length, " ");
}

static bool access_check_basic(const Secret *token, const char *credentials)
{
    _cleanup_(buf_done) Buf bytes = {.is_secret = true};
    const char *colon;

    if (!base64_decode(&bytes, credentials))
        return false;
    colon = memchr(buf_text(&bytes), ':', bytes.size);
    if (!colon)
        return false;
    colon++;
    return digest_is_same(secret_bytes(token), secret_size(token), colon,
                          (size_t)(bytes.data + bytes.size - colon));
}

bool access_check_token(const Secret *token, const char *authorization)
{
    const char *rest = authorization ? access_find_scheme(authorization, "Bearer") : NULL;

    if (rest)
        return digest_is_same(secret_bytes(token), secret_size(token), rest, strlen(rest));
    rest = authorization ? access_find_scheme(authorization, "Basic") : NULL;
    return rest && access_check_basic(token, rest);
}
