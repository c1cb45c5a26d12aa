/* SPDX-License-Identifier: MIT */
/* A secret: bytes that stand in memory of their own, excluded from core dumps (MADV_DONTDUMP), kept
 * out of swap where the limits allow (mlock), wiped before the memory is given back. No function
 * prints one. */
#pragma once

#include <stddef.h>

#include "daemon/base/mem.h"

typedef struct Secret Secret;

/* `size_max` bytes of room, empty. NULL when out of memory. */
Secret *secret_new(size_t size_max);

/* A secret with a copy of the bytes; the caller wipes its own. NULL when out of memory. */
Secret *secret_new_copy(const void *bytes, size_t size);

/* Wipes and frees; NULL is fine. */
void secret_free(Secret *secret);
DEFINE_CLEANUP(Secret, secret_free)

/* Appends. 0, or -ENOBUFS beyond size_max (the secret stays as it was). */
int secret_append(Secret *secret, const void *bytes, size_t size);

/* The bytes, followed by a NUL; borrowed. */
const char *secret_bytes(const Secret *secret);
size_t secret_size(const Secret *secret);

/* Whether both hold the same bytes; takes the same time wherever they differ. */
int secret_equal(const Secret *a, const Secret *b);

/* The room behind the bytes, for read(2) into it, and telling how much came. */
void *secret_room(Secret *secret, size_t *ret_size);
void secret_grew(Secret *secret, size_t size);

/* Drops one "\n" or "\r\n" at the end. */
void secret_trim_newline(Secret *secret);
