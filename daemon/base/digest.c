/* SPDX-License-Identifier: MIT */
/* The one file that knows libcrypto. */
#include "daemon/base/digest.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/secure_alloc.h"

static void *digest_alloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return secure_alloc_alloc(size);
}

static void *digest_realloc(void *memory, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return secure_alloc_realloc(memory, size);
}

static void digest_give_back(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    secure_alloc_free(memory);
}

int digest_use_secure_alloc(void)
{
    return CRYPTO_set_mem_functions(digest_alloc, digest_realloc, digest_give_back) == 1 ? 0
                                                                                         : -EBUSY;
}

static void digest_hex(const unsigned char bytes[static DIGEST_SIZE], char *ret_hex)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < DIGEST_SIZE; i++) {
        ret_hex[2 * i] = digits[bytes[i] >> 4];
        ret_hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    ret_hex[2 * (size_t)DIGEST_SIZE] = '\0';
}

bool digest_is_hex(const char *text, size_t least)
{
    size_t size = strspn(text, "0123456789abcdef");

    return text[size] == '\0' && size >= least && size <= DIGEST_WHOLE;
}

/* Looking an algorithm up by name costs more than hashing a request: it is done once. */
static const EVP_MD *digest_algorithm(void)
{
    static EVP_MD *fetched;

    if (!fetched)
        fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
    return fetched ? fetched : EVP_sha256();
}

void digest_end_thread(void)
{
    OPENSSL_thread_stop();
}

/* ---- in pieces ---- */

struct Digest {
    EVP_MD_CTX *context;
    bool has_failed;
};

int digest_new(Digest **ret_digest)
{
    _cleanup_(digest_freep) Digest *digest = calloc(1, sizeof(*digest));

    if (!digest)
        return -ENOMEM;
    digest->context = EVP_MD_CTX_new();
    if (!digest->context || EVP_DigestInit_ex(digest->context, digest_algorithm(), NULL) != 1)
        return -ENOMEM;
    *ret_digest = TAKE_PTR(digest);
    return 0;
}

void digest_free(Digest *digest)
{
    if (digest)
        EVP_MD_CTX_free(digest->context);
    free(digest);
}

void digest_add(Digest *digest, const void *bytes, size_t size)
{
    if (EVP_DigestUpdate(digest->context, bytes, size) != 1)
        digest->has_failed = true;
}

int digest_end(Digest *digest, char ret_hex[static DIGEST_HEX_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];

    if (digest->has_failed || EVP_DigestFinal_ex(digest->context, hash, NULL) != 1)
        return -ENOMEM;
    digest_hex(hash, ret_hex);
    return 0;
}

/* ---- at once ---- */

static int digest_sha256(const void *bytes, size_t size,
                         unsigned char ret_hash[static EVP_MAX_MD_SIZE])
{
    unsigned int hash_size = 0;

    return EVP_Digest(bytes, size, ret_hash, &hash_size, digest_algorithm(), NULL) == 1 &&
                   hash_size == DIGEST_SIZE
               ? 0
               : -ENOMEM;
}

int digest_sha256_hex(const void *bytes, size_t size, char ret_hex[static DIGEST_HEX_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    int r = digest_sha256(bytes, size, hash);

    if (r == 0)
        digest_hex(hash, ret_hex);
    return r;
}

int digest_sha256_base64(const void *bytes, size_t size, char ret_text[static DIGEST_BASE64_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    int r = digest_sha256(bytes, size, hash);

    if (r == 0)
        EVP_EncodeBlock((unsigned char *)ret_text, hash, DIGEST_SIZE);
    return r;
}

bool digest_is_same(const void *a, size_t a_size, const void *b, size_t b_size)
{
    char hashes[2][DIGEST_HEX_SIZE];

    return digest_sha256_hex(a, a_size, hashes[0]) == 0 &&
           digest_sha256_hex(b, b_size, hashes[1]) == 0 &&
           CRYPTO_memcmp(hashes[0], hashes[1], DIGEST_WHOLE) == 0;
}

int digest_hmac_sha256_hex(const void *key, size_t key_size, const void *bytes, size_t size,
                           char ret_hex[static DIGEST_HEX_SIZE])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int hash_size = 0;

    if (key_size > INT_MAX ||
        !HMAC(digest_algorithm(), key, (int)key_size, bytes, size, hash, &hash_size) ||
        hash_size != DIGEST_SIZE)
        return -ENOMEM;
    digest_hex(hash, ret_hex);
    return 0;
}

/* What libcrypto sets up at its first use it does not set up again when that fails: from then on it
 * refuses, or crashes. Asking it for its context alone does neither. */
int digest_prepare(void)
{
    char hex[DIGEST_HEX_SIZE];
    int r;

    if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1 ||
        !OSSL_LIB_CTX_get0_global_default())
        return -ENOMEM;
    r = digest_sha256_hex("", 0, hex);
    return r < 0 ? r : digest_hmac_sha256_hex("", 0, "", 0, hex);
}
