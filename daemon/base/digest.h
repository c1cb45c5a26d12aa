/* SPDX-License-Identifier: MIT */
/* SHA-256 and HMAC-SHA256 (FIPS 180-4, RFC 2104), by libcrypto. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/mem.h"

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE (2 * DIGEST_SIZE + 1)                /* with the NUL */
#define DIGEST_WHOLE (DIGEST_HEX_SIZE - 1)                   /* digits */
#define DIGEST_BASE64_SIZE (4 * ((DIGEST_SIZE + 2) / 3) + 1) /* likewise */
#define DIGEST_SHORT 12 /* the fewest digits that may stand for all */

/* Has libcrypto, TLS included, take its memory from secure_alloc.h. To be called
 * before anything else of it. 0, or -EBUSY when it is too late. */
int digest_use_secure_alloc(void);

/* Sets up what the two below need, for a program to find out at its start whether there is memory
 * for it: after a failure libcrypto is not to be used any more. 0, or -ENOMEM. */
int digest_prepare(void);

/* Gives back what libcrypto keeps for the calling thread, which is about to end
 * (OPENSSL_thread_stop(3)). */
void digest_end_thread(void);

/* Whether a text is a hash in lower-case hex, or at least the first `least` digits of one. */
bool digest_is_hex(const char *text, size_t least);

/* The hash of bytes that come in pieces. */
typedef struct Digest Digest;

/* 0, with one that the caller frees, or -ENOMEM. */
int digest_new(Digest **ret_digest);
void digest_free(Digest *digest);
DEFINE_CLEANUP(Digest, digest_free)

/* A failure sticks: digest_end() tells of it. */
void digest_add(Digest *digest, const void *bytes, size_t size);

/* As lower-case hex; nothing may be added any more. 0, or -ENOMEM. */
int digest_end(Digest *digest, char ret_hex[static DIGEST_HEX_SIZE]);

/* The hash of the bytes as lower-case hex. 0, or -ENOMEM. */
int digest_sha256_hex(const void *bytes, size_t size, char ret_hex[static DIGEST_HEX_SIZE]);

/* The same in base64 (RFC 4648, section 4). */
int digest_sha256_base64(const void *bytes, size_t size, char ret_text[static DIGEST_BASE64_SIZE]);

/* The keyed hash of the bytes as lower-case hex. 0, or -ENOMEM. */
int digest_hmac_sha256_hex(const void *key, size_t key_size, const void *bytes, size_t size,
                           char ret_hex[static DIGEST_HEX_SIZE]);

/* Whether two secrets are the same, in a time that tells nothing of where they differ, nor of how
 * long the one is that is known. False also without memory. */
bool digest_is_same(const void *a, size_t a_size, const void *b, size_t b_size);
