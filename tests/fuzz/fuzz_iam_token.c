/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes IAM's answer to a login: the first line is the header with the token, the rest is the
 * body. A token is taken whole or not at all, and a lifetime only where both its ends can be read.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/json/json_parser.h"
#include "daemon/roma/auth/credential.h"
#include "daemon/roma/provider/provider_iam.h"

#define YEARS_MAX 10000U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_token(const char *token, size_t size)
{
    Credential *credential = NULL;
    Err err = {0};
    int r = credential_new_token(token, size, "IAM's token", &credential, &err);

    assert(r == 0 || (r == -EINVAL && err_is_set(&err) && !credential));
    if (r < 0)
        return;
    for (size_t i = 0; i < size; i++)
        assert(token[i] > ' ' && token[i] < 0x7f);
    assert(secret_size(credential->token_header) == strlen("X-Auth-Token: ") + size);
    assert(strcmp(secret_bytes(credential->token_header) + strlen("X-Auth-Token: "), token) == 0);
    credential_unref(credential);
}

static void check_lifetime(const char *body, size_t size)
{
    static JsonParser parser;
    uint64_t lifetime_usec;

    if (!parser.tokener)
        assert(json_parser_init(&parser) == 0);
    lifetime_usec = provider_iam_lifetime_usec(&parser, body, size);
    assert(lifetime_usec < YEARS_MAX * 366 * USEC_PER_DAY);
    assert(lifetime_usec == 0 || (memmem(body, size, "Z\"", 2) && size > strlen("{}")));
    assert(lifetime_usec == provider_iam_lifetime_usec(&parser, body, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_free_ char *text = malloc(size + 1);
    char *end;

    assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    end = strchrnul(text, '\n');
    if (*end != '\0')
        *end++ = '\0';
    check_token(text, strlen(text));
    check_lifetime(end, size - (size_t)(end - text));
    return 0;
}
