/* SPDX-License-Identifier: MIT */
/* The hash of tables in memory. A service chooses ids and hosts, and could choose them so that they
 * all meet in one slot: the hash has a key, which nobody outside of the process knows. What people
 * see, digests and orders, never goes by it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Sets the key, before anything is hashed. Without it the key is zero, as for tests, which are to
 * repeat. */
void hash_set_key(const uint64_t key[static 2]);

/* SipHash-1-3 (Aumasson and Bernstein, 2012) of the 8 bytes of `head`, the lowest first, and then
 * of the bytes. */
uint64_t hash_bytes(uint64_t head, const void *bytes, size_t size);
