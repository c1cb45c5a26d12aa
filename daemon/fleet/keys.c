/* SPDX-License-Identifier: MIT */
#include "daemon/fleet/keys.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"

int keys_hash_instance(const char *instance_key, char ret_hash[static DIGEST_HEX_SIZE])
{
    return digest_sha256_hex(instance_key, strlen(instance_key), ret_hash);
}

void keys_format(const char *folder, const char *hash, char ret_name[static KEYS_NAME_SIZE])
{
    int size = snprintf(ret_name, KEYS_NAME_SIZE, "%s%s", folder, hash);

    assert(size > 0 && size < KEYS_NAME_SIZE);
}

/* Behind each part of the scope a byte that none of them holds. */
int keys_format_pause(const char *instance_key, const char *channel, bool is_name,
                      char ret_name[static KEYS_NAME_SIZE])
{
    _cleanup_(buf_done) Buf scope = {0};
    char digest[DIGEST_HEX_SIZE];
    int r;

    buf_puts(&scope, !instance_key ? "all" : !channel ? "instance" : is_name ? "name" : "id");
    buf_append(&scope, "\n", 1);
    buf_puts(&scope, instance_key ? instance_key : "");
    buf_append(&scope, "\n", 1);
    buf_puts(&scope, channel ? channel : "");
    if (buf_failed(&scope) < 0)
        return -ENOMEM;
    r = digest_sha256_hex(scope.data, scope.size, digest);
    if (r == 0)
        keys_format(KEYS_PAUSES, digest, ret_name);
    return r;
}

void keys_format_intents(const char *hash, uint64_t realtime_usec,
                         char ret_name[static KEYS_NAME_SIZE])
{
    int size =
        snprintf(ret_name, KEYS_NAME_SIZE, KEYS_INTENTS "%s/%020" PRIu64, hash, realtime_usec);

    assert(size > 0 && size < KEYS_NAME_SIZE);
}
