/* SPDX-License-Identifier: MIT */
#include "daemon/base/secret.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct Secret {
    size_t mapped; /* of the whole mapping, this head included */
    size_t size_max;
    size_t size;
    char bytes[];
};

Secret *secret_new(size_t size_max)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t mapped;
    Secret *secret;

    if (size_max > SIZE_MAX / 2)
        return NULL;
    mapped = (sizeof(*secret) + size_max + 1 + page - 1) / page * page;
    secret = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED)
        return NULL;
    if (madvise(secret, mapped, MADV_DONTDUMP) < 0) {
        munmap(secret, mapped);
        return NULL;
    }
    /* Swap is the administrator's to encrypt where RLIMIT_MEMLOCK leaves no room. */
    (void)mlock(secret, mapped);
    secret->mapped = mapped;
    secret->size_max = size_max;
    return secret;
}

Secret *secret_new_copy(const void *bytes, size_t size)
{
    Secret *secret = secret_new(size);

    if (secret)
        secret_append(secret, bytes, size);
    return secret;
}

void secret_free(Secret *secret)
{
    size_t mapped;

    if (!secret)
        return;
    mapped = secret->mapped;
    explicit_bzero(secret, mapped);
    munmap(secret, mapped);
}

int secret_append(Secret *secret, const void *bytes, size_t size)
{
    if (size > secret->size_max - secret->size)
        return -ENOBUFS;
    if (size > 0)
        memcpy(secret->bytes + secret->size, bytes, size);
    secret->size += size;
    secret->bytes[secret->size] = '\0';
    return 0;
}

const char *secret_bytes(const Secret *secret)
{
    return secret->bytes;
}

size_t secret_size(const Secret *secret)
{
    return secret->size;
}

int secret_equal(const Secret *a, const Secret *b)
{
    unsigned char differ = 0;

    if (a->size != b->size)
        return 0;
    for (size_t i = 0; i < a->size; i++)
        differ |= (unsigned char)(a->bytes[i] ^ b->bytes[i]);
    return differ == 0;
}

void *secret_room(Secret *secret, size_t *ret_size)
{
    *ret_size = secret->size_max - secret->size;
    return secret->bytes + secret->size;
}

void secret_grew(Secret *secret, size_t size)
{
    assert(size <= secret->size_max - secret->size);
    secret->size += size;
    secret->bytes[secret->size] = '\0';
}

void secret_trim_newline(Secret *secret)
{
    if (secret->size > 0 && secret->bytes[secret->size - 1] == '\n')
        secret->bytes[--secret->size] = '\0';
    else
        return;
    if (secret->size > 0 && secret->bytes[secret->size - 1] == '\r')
        secret->bytes[--secret->size] = '\0';
}
