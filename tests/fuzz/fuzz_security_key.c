/* SPDX-License-Identifier: MIT */
/* Fuzzes what the metadata service says: whatever it is, keys come out whole or not at all. */
#include <assert.h>
#include <string.h>

#include "daemon/roma/provider/security_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SecurityKey key = {0};
    Err err = {0};
    char *body = malloc(size + 1);

    assert(body);
    memcpy(body, data, size);
    body[size] = '\0';
    if (security_key_parse(body, size, &key, &err) == 0)
        assert(secret_size(key.access) > 0 && secret_size(key.secret) > 0 &&
               secret_size(key.token) > 0 && err.text[0] == '\0');
    else
        assert(err.text[0] != '\0');
    security_key_done(&key);
    free(body);
    return 0;
}
