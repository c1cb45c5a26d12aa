/* SPDX-License-Identifier: MIT */
#include "daemon/base/hash.h"

#include <endian.h>
#include <string.h>

static uint64_t hash_key[2];

void hash_set_key(const uint64_t key[static 2])
{
    hash_key[0] = key[0];
    hash_key[1] = key[1];
}

typedef struct HashState {
    uint64_t a, b, c, d;
} HashState;

static inline uint64_t hash_rotate(uint64_t word, unsigned bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void hash_round(HashState *state)
{
    state->a += state->b;
    state->c += state->d;
    state->b = hash_rotate(state->b, 13) ^ state->a;
    state->d = hash_rotate(state->d, 16) ^ state->c;
    state->a = hash_rotate(state->a, 32);
    state->c += state->b;
    state->a += state->d;
    state->b = hash_rotate(state->b, 17) ^ state->c;
    state->d = hash_rotate(state->d, 21) ^ state->a;
    state->c = hash_rotate(state->c, 32);
}

static inline void hash_take(HashState *state, uint64_t word)
{
    state->d ^= word;
    hash_round(state);
    state->a ^= word;
}

static inline uint64_t hash_load(const unsigned char *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
    return le64toh(word);
}

/* The bytes that are left behind the last whole word, the first one lowest. Behind a whole word
 * they are the upper part of the word that ends with them. */
static inline uint64_t hash_rest(const unsigned char *bytes, size_t size)
{
    size_t left = size % sizeof(uint64_t);
    uint64_t word = 0;

    if (left == 0)
        return 0;
    if (size > sizeof(word))
        return hash_load(bytes + size - sizeof(word)) >> (64 - 8 * left);
    for (size_t i = 0; i < left; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

uint64_t hash_bytes(uint64_t head, const void *bytes, size_t size)
{
    HashState state = {
        hash_key[0] ^ UINT64_C(0x736f6d6570736575), hash_key[1] ^ UINT64_C(0x646f72616e646f6d),
        hash_key[0] ^ UINT64_C(0x6c7967656e657261), hash_key[1] ^ UINT64_C(0x7465646279746573)};
    const unsigned char *at = bytes;

    hash_take(&state, head);
    for (size_t left = size; left >= sizeof(uint64_t); left -= sizeof(uint64_t)) {
        hash_take(&state, hash_load(at));
        at += sizeof(uint64_t);
    }
    hash_take(&state, hash_rest(bytes, size) | (uint64_t)(sizeof(head) + size) << 56);
    state.c ^= 0xff;
    hash_round(&state);
    hash_round(&state);
    hash_round(&state);
    return state.a ^ state.b ^ state.c ^ state.d;
}
