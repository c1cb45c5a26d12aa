/* SPDX-License-Identifier: MIT */
/* One hash of the body (none where there is no body), one of the canonical request, one keyed hash.
 */
#include "daemon/roma/auth/sign.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define ALGORITHM "SDK-HMAC-SHA256"
#define HASH_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define DATE_SIZE_MAX 32

typedef int (*SignCompare)(const SignPair *a, const SignPair *b);

static bool sign_is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

/* Runs of bytes that stay are appended at once. `kept` is one byte more that stays. */
static void sign_append_encoded(Buf *buf, const char *text, char kept)
{
    static const char digits[] = "0123456789ABCDEF";

    while (*text) {
        size_t run = 0;

        while (text[run] && (sign_is_unreserved((unsigned char)text[run]) || text[run] == kept))
            run++;
        buf_append(buf, text, run);
        text += run;
        if (*text) {
            unsigned char c = (unsigned char)*text++;
            char coded[3] = {'%', digits[c >> 4], digits[c & 15]};

            buf_append(buf, coded, sizeof(coded));
        }
    }
}

static int sign_compare_query(const SignPair *a, const SignPair *b)
{
    int order = strcmp(a->name, b->name);

    return order != 0 ? order : strcmp(a->value, b->value);
}

static int sign_compare_header(const SignPair *a, const SignPair *b)
{
    return strcasecmp(a->name, b->name);
}

/* By insertion: there are a handful, mostly in order already. */
static void sign_sort(const SignPair *pairs, size_t count, SignCompare compare,
                      const SignPair **ret_sorted)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;

        for (; at > 0 && compare(&pairs[i], ret_sorted[at - 1]) < 0; at--)
            ret_sorted[at] = ret_sorted[at - 1];
        ret_sorted[at] = &pairs[i];
    }
}

static void sign_append_lower(Buf *buf, const char *text)
{
    for (; *text; text++)
        buf_putc(buf, (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text));
}

static void sign_append_trimmed(Buf *buf, const char *text)
{
    size_t size;

    text += strspn(text, " \t");
    size = strlen(text);
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t'))
        size--;
    buf_append(buf, text, size);
}

void sign_append_query(const SignPair *query, size_t count, Buf *buf)
{
    const SignPair *sorted[SIGN_QUERY_MAX];

    assert(count <= SIGN_QUERY_MAX);
    sign_sort(query, count, sign_compare_query, sorted);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(buf, '&');
        sign_append_encoded(buf, sorted[i]->name, '\0');
        buf_putc(buf, '=');
        sign_append_encoded(buf, sorted[i]->value, '\0');
    }
}

static void sign_append_header_names(Buf *buf, const SignPair *const *sorted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_putc(buf, ';');
        sign_append_lower(buf, sorted[i]->name);
    }
}

static int sign_append_body_hash(Buf *buf, const SignInput *input)
{
    char hex[DIGEST_HEX_SIZE] = HASH_OF_NOTHING;
    int r = 0;

    if (input->body_size > 0)
        r = digest_sha256_hex(input->body, input->body_size, hex);
    buf_append(buf, hex, DIGEST_HEX_SIZE - 1);
    return r;
}

/* The slash at the path's end belongs to the signature alone. */
int sign_canonical_request(const SignInput *input, Buf *buf)
{
    const SignPair *headers[SIGN_HEADERS_MAX];
    size_t path_size = strlen(input->path);
    int r;

    if (input->query_count > SIGN_QUERY_MAX || input->header_count > SIGN_HEADERS_MAX)
        return -EINVAL;
    sign_sort(input->headers, input->header_count, sign_compare_header, headers);
    buf_puts(buf, input->method);
    buf_putc(buf, '\n');
    sign_append_encoded(buf, input->path, '/');
    if (path_size == 0 || input->path[path_size - 1] != '/')
        buf_putc(buf, '/');
    buf_putc(buf, '\n');
    sign_append_query(input->query, input->query_count, buf);
    buf_putc(buf, '\n');
    for (size_t i = 0; i < input->header_count; i++) {
        sign_append_lower(buf, headers[i]->name);
        buf_putc(buf, ':');
        sign_append_trimmed(buf, headers[i]->value);
        buf_putc(buf, '\n');
    }
    buf_putc(buf, '\n');
    sign_append_header_names(buf, headers, input->header_count);
    buf_putc(buf, '\n');
    r = sign_append_body_hash(buf, input);
    return r < 0 ? r : buf_failed(buf);
}

int sign_digest(const Buf *canonical, const char *date, const Secret *secret_key,
                char ret_hex[static DIGEST_HEX_SIZE])
{
    char to_sign[sizeof(ALGORITHM) + DATE_SIZE_MAX + DIGEST_HEX_SIZE + 2];
    char *end = to_sign;
    size_t date_size = strnlen(date, DATE_SIZE_MAX);
    int r;

    end = mempcpy(end, ALGORITHM "\n", sizeof(ALGORITHM));
    end = mempcpy(end, date, date_size);
    *end++ = '\n';
    r = digest_sha256_hex(canonical->data, canonical->size, end);
    if (r < 0)
        return r;
    end += DIGEST_HEX_SIZE - 1;
    return digest_hmac_sha256_hex(secret_bytes(secret_key), secret_size(secret_key), to_sign,
                                  (size_t)(end - to_sign), ret_hex);
}

static const char *sign_find_date(const SignInput *input)
{
    for (size_t i = 0; i < input->header_count; i++) {
        if (strcasecmp(input->headers[i].name, "x-sdk-date") == 0)
            return input->headers[i].value;
    }
    return NULL;
}

int sign_authorization(const SignInput *input, const char *access_key, const Secret *secret_key,
                       Buf *scratch, Buf *buf)
{
    const SignPair *headers[SIGN_HEADERS_MAX];
    const char *date = sign_find_date(input);
    char hex[DIGEST_HEX_SIZE];
    int r;

    if (!date)
        return -EINVAL;
    buf_reset(scratch);
    r = sign_canonical_request(input, scratch);
    if (r >= 0)
        r = sign_digest(scratch, date, secret_key, hex);
    if (r < 0)
        return r;
    sign_sort(input->headers, input->header_count, sign_compare_header, headers);
    buf_puts(buf, ALGORITHM " Access=");
    buf_puts(buf, access_key);
    buf_puts(buf, ", SignedHeaders=");
    sign_append_header_names(buf, headers, input->header_count);
    buf_puts(buf, ", Signature=");
    buf_append(buf, hex, DIGEST_HEX_SIZE - 1);
    return buf_failed(buf);
}
