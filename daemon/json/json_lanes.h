/* SPDX-License-Identifier: MIT */
/*
 * What is asked of several bytes at a time: with SSE2 or NEON where the compiler has them, else in
 * a machine word. Built with JSON_NO_SIMD it is the word everywhere. The answers are the same. For
 * this room alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(JSON_NO_SIMD) && defined(__SSE2__)
#include <emmintrin.h>
#define JSON_LANES_SSE2
#elif !defined(JSON_NO_SIMD) && defined(__ARM_NEON) && defined(__aarch64__) &&                     \
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <arm_neon.h>
#define JSON_LANES_NEON
#else
#include <endian.h>
#endif

/* ASCII that neither ends a string nor escapes anything nor steers. As a signed char, what is
 * beyond ASCII is below the space as well. */
static inline bool json_is_plain(char byte)
{
    return (signed char)byte >= ' ' && byte != '"' && byte != '\\';
}

#ifdef JSON_LANES_SSE2
#define JSON_LANES_SIZE 16

/* The plain ones at the start of JSON_LANES_SIZE bytes. */
static inline size_t json_lanes_plain(const char *text)
{
    __m128i bytes, odd;

    memcpy(&bytes, text, sizeof(bytes));
    odd = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')),
                       _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    return (size_t)__builtin_ctz((unsigned int)_mm_movemask_epi8(odd) | 1U << JSON_LANES_SIZE);
}

/* One bit for each of JSON_LANES_SIZE bytes that are the same. */
static inline uint64_t json_lanes_same(const char *a, const char *b)
{
    __m128i a_bytes, b_bytes;

    memcpy(&a_bytes, a, sizeof(a_bytes));
    memcpy(&b_bytes, b, sizeof(b_bytes));
    return (uint64_t)(unsigned int)_mm_movemask_epi8(_mm_cmpeq_epi8(a_bytes, b_bytes));
}

#elif defined(JSON_LANES_NEON)
#define JSON_LANES_SIZE 16

static inline size_t json_lanes_plain(const char *text)
{
    int8x16_t bytes = vld1q_s8((const int8_t *)text);
    uint8x16_t odd =
        vorrq_u8(vcltq_s8(bytes, vdupq_n_s8(' ')),
                 vorrq_u8(vceqq_s8(bytes, vdupq_n_s8('"')), vceqq_s8(bytes, vdupq_n_s8('\\'))));
    /* Four bits of each byte. */
    uint64_t mask =
        vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(odd), 4)), 0);

    return mask ? (size_t)__builtin_ctzll(mask) / 4 : JSON_LANES_SIZE;
}

#else
#define JSON_LANES_SIZE 8
#define JSON_LANES_EACH(byte) (UINT64_C(0x0101010101010101) * (uint64_t)(byte))

/* The top bit of the lowest byte that is below `bound`, which is 0x80 at most; bits above that one
 * tell nothing. */
static inline uint64_t json_lanes_below(uint64_t word, unsigned char bound)
{
    return (word - JSON_LANES_EACH(bound)) & ~word & JSON_LANES_EACH(0x80);
}

static inline size_t json_lanes_plain(const char *text)
{
    uint64_t word, odd;

    memcpy(&word, text, sizeof(word));
    word = le64toh(word);
    odd = (word & JSON_LANES_EACH(0x80)) | json_lanes_below(word, ' ') |
          json_lanes_below(word ^ JSON_LANES_EACH('"'), 1) |
          json_lanes_below(word ^ JSON_LANES_EACH('\\'), 1);
    return odd ? (size_t)__builtin_ctzll(odd) / 8 : JSON_LANES_SIZE;
}

#endif

/* The first byte that is not plain, or the end. */
static inline const char *json_plain_end(const char *at, const char *end)
{
    while ((size_t)(end - at) >= JSON_LANES_SIZE) {
        size_t plain = json_lanes_plain(at);

        at += plain;
        if (plain < JSON_LANES_SIZE)
            return at;
    }
    while (at < end && json_is_plain(*at))
        at++;
    return at;
}

#define JSON_BLOCK_SIZE 32

/* Whether two texts begin with the same bytes, `size` of them; of both, JSON_BLOCK_SIZE are there.
 */
static inline bool json_block_begins(const char *a, const char *b, size_t size)
{
#ifdef JSON_LANES_SSE2
    uint64_t same = json_lanes_same(a, b) |
                    json_lanes_same(a + JSON_LANES_SIZE, b + JSON_LANES_SIZE) << JSON_LANES_SIZE;

    return (~same & ((UINT64_C(1) << size) - 1)) == 0;
#else
    return memcmp(a, b, size) == 0;
#endif
}
