/* SPDX-License-Identifier: MIT */
/*
 * The canonical form of what was read by a schema: bytes that are equal where two entries mean the
 * same. It is taken over all keys of the schema, so that a key that is added to a schema is part of
 * it. Numbers, durations, times and texts are put as they were read, defaults included: 60s and 1m
 * are one duration. A node that the caller reads is put as it is written, unless its key has a
 * `put` that knows better. Each part has its key's place in the schema or its size, so that no two
 * entries that differ put the same bytes. Numbers take 7 bits a byte, the last one below 0x80.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "config/schema/schema.h"
#include "daemon/base/buf.h"
#include "daemon/base/digest.h"

#define CANONICAL_ALL UINT32_MAX

/* Puts the keys whose bit is set, of the struct that they were read into. Keys of a text that is
 * NULL are left out. */
void canonical_put(Buf *buf, const Schema *schema, uint32_t keys, const void *target);

/* As canonical_put_number(), of any size. */
void canonical_put_wide(Buf *buf, uint64_t number);

static inline void canonical_put_number(Buf *buf, uint64_t number)
{
    if (number < 0x80)
        buf_putc(buf, (char)number);
    else
        canonical_put_wide(buf, number);
}

void canonical_put_text(Buf *buf, const char *text);

/* Puts a tree as it is written, wherever it stands; NULL is nothing. */
void canonical_put_tree(Buf *buf, const Node *node);

/* The `put` of a key whose parts are compared by themselves. */
void canonical_put_nothing(const void *target, Buf *buf);

/* 0 and the digest of what was put; -ENOMEM, also where putting it ran out of memory. */
int canonical_digest(const Buf *buf, char ret_hex[static DIGEST_HEX_SIZE]);

/* Entries of a list whose order means nothing. */
typedef struct CanonicalItem {
    size_t start, size; /* in the bytes */
} CanonicalItem;

typedef struct CanonicalItems {
    Buf bytes;
    CanonicalItem *items;
    size_t count, capacity;
} CanonicalItems;

void canonical_items_done(CanonicalItems *items);

/* Adds an entry: the keys of a struct, as canonical_put() puts them. */
void canonical_items_add(CanonicalItems *items, const Schema *schema, uint32_t keys,
                         const void *target);

/* Adds an entry of bytes. */
void canonical_items_add_bytes(CanonicalItems *items, const void *bytes, size_t size);

/* Puts them in the order of their bytes. A failure to add one is a failure of `buf`. */
void canonical_items_put(Buf *buf, CanonicalItems *items);
