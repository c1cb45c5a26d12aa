/* SPDX-License-Identifier: MIT */
#include "daemon/roma/provider/iam_token.h"

#include "daemon/base/clock.h"

/* 0 where it does not stand there. */
static uint64_t iam_token_time_usec(json_object *token, const char *key)
{
    json_object *value = NULL;
    uint64_t usec = 0;
    const char *text;

    if (!json_object_object_get_ex(token, key, &value) || json_read_get_string(value, &text) < 0 ||
        clock_parse_rfc3339(text, &usec) < 0)
        return 0;
    return usec;
}

uint64_t iam_token_lifetime_usec(JsonParser *parser, const char *body, size_t size)
{
    json_object *root = NULL, *token = NULL;
    uint64_t from_usec = 0, until_usec = 0;
    Err err;

    if (json_read_parse(parser, body, size, &root, &err) < 0)
        return 0;
    if (json_object_object_get_ex(root, "token", &token)) {
        from_usec = iam_token_time_usec(token, "issued_at");
        until_usec = iam_token_time_usec(token, "expires_at");
    }
    json_object_put(root);
    return from_usec > 0 && until_usec > from_usec ? until_usec - from_usec : 0;
}
