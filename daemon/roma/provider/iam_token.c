/* SPDX-License-Identifier: MIT */
#include "daemon/roma/provider/iam_token.h"

#include "daemon/base/clock.h"
#include "daemon/json/json_parser.h"

/* 0 where it does not stand there. */
static uint64_t iam_token_time_usec(const Json *token, const char *key)
{
    uint64_t usec = 0;
    const char *text;

    if (json_get_string(json_find(token, key), &text) < 0 || clock_parse_rfc3339(text, &usec) < 0)
        return 0;
    return usec;
}

uint64_t iam_token_lifetime_usec(JsonParser *parser, const char *body, size_t size)
{
    _cleanup_(json_freep) Json *root = NULL;
    uint64_t from_usec, until_usec;
    const Json *token;

    if (json_parse(parser, body, size, &root, NULL) < 0)
        return 0;
    token = json_find(root, "token");
    from_usec = iam_token_time_usec(token, "issued_at");
    until_usec = iam_token_time_usec(token, "expires_at");
    return from_usec > 0 && until_usec > from_usec ? until_usec - from_usec : 0;
}
