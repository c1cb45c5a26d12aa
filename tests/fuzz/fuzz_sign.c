/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what is signed: any method, path, query, headers and body. Whatever comes in, it is either
 * refused, or its canonical request tells every part back, the same whatever order the parameters
 * and headers had, and anything that differs is signed differently. And the lines of requests: ids
 * that may not stand in a path are refused.
 *
 * The input's fields end with a NUL: secret, method, path; then for each parameter '?' and name,
 * value, for each header ':' and name, value; after '!' the rest is the body.
 */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"
#include "daemon/roma/wire/request.h"

#define PAIRS_MAX 20 /* more than may be signed */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Input {
    SignInput sign;
    SignPair query[PAIRS_MAX], headers[PAIRS_MAX];
    const char *secret;
} Input;

/* The next field, "" at the end. */
static const char *take_field(const char **at, const char *end)
{
    const char *field = *at < end ? *at : "";

    if (*at < end)
        *at += strlen(*at) + 1;
    return field;
}

/* `text` is followed by a NUL. */
static void take_input(const char *text, size_t size, Input *input)
{
    const char *at = text, *end = text + size;

    input->secret = take_field(&at, end);
    input->sign.method = take_field(&at, end);
    input->sign.path = take_field(&at, end);
    input->sign.query = input->query;
    input->sign.headers = input->headers;
    while (at < end && *at != '!') {
        bool is_query = *at == '?';
        SignPair *pairs = is_query ? input->query : input->headers;
        size_t *count = is_query ? &input->sign.query_count : &input->sign.header_count;
        const char *name = take_field(&at, end), *value = take_field(&at, end);

        if (name[0] != '\0' && *count < PAIRS_MAX)
            pairs[(*count)++] = (SignPair){name + 1, value};
    }
    if (at < end) {
        input->sign.body = at + 1;
        input->sign.body_size = (size_t)(end - at - 1);
    }
}

static void reverse(SignPair *pairs, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        SignPair pair = pairs[i];

        pairs[i] = pairs[count - 1 - i];
        pairs[count - 1 - i] = pair;
    }
}

static bool has_twins(const Input *input)
{
    for (size_t i = 0; i < input->sign.header_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcasecmp(input->headers[i].name, input->headers[k].name) == 0)
                return true;
        }
    }
    return false;
}

static int hex_value(char digit)
{
    assert(isdigit((unsigned char)digit) || (digit >= 'A' && digit <= 'F'));
    return isdigit((unsigned char)digit) ? digit - '0' : digit - 'A' + 10;
}

/* Reads an encoded text back, up to one of `ends`; returns what is left of it. */
static const char *check_encoded(const char *coded, const char *ends, const char *text)
{
    for (; !strchr(ends, *coded); text++) {
        if (*coded == '%') {
            assert((unsigned char)*text == hex_value(coded[1]) * 16 + hex_value(coded[2]));
            coded += 3;
        } else {
            assert(isalnum((unsigned char)*coded) || strchr("-_.~/", *coded));
            assert(*coded++ == *text);
        }
    }
    assert(*text == '\0');
    return coded;
}

/* The line of the path, then that of the query. */
static void check_lines(const Input *input, const Buf *canonical)
{
    const char *line = buf_text(canonical), *path = input->sign.path;
    size_t size = strlen(path), ampersands = 0;
    Buf slashed = {0};

    assert(strncmp(line, input->sign.method, strlen(input->sign.method)) == 0);
    line += strlen(input->sign.method);
    assert(*line++ == '\n');
    buf_puts(&slashed, path);
    if (size == 0 || path[size - 1] != '/')
        buf_putc(&slashed, '/');
    line = check_encoded(line, "\n", buf_text(&slashed)) + 1;
    buf_done(&slashed);
    for (; *line != '\n'; line++)
        ampersands += *line == '&';
    assert(input->sign.query_count == 0 || ampersands == input->sign.query_count - 1);
}

static void check_end(const Input *input, const Buf *canonical)
{
    char hex[DIGEST_HEX_SIZE];
    int r = digest_sha256_hex(input->sign.body ? input->sign.body : "", input->sign.body_size, hex);

    assert(r == 0 && canonical->size > DIGEST_HEX_SIZE);
    assert(strcmp(canonical->data + canonical->size - (DIGEST_HEX_SIZE - 1), hex) == 0);
}

/* 0 with the canonical request, or the refusal. */
static int canonical_request(const Input *input, Buf *buf)
{
    int r = sign_canonical_request(&input->sign, buf);
    bool is_small =
        input->sign.query_count <= SIGN_QUERY_MAX && input->sign.header_count <= SIGN_HEADERS_MAX;

    assert(r == (is_small ? 0 : -EINVAL));
    return r;
}

static void check_canonical(Input *input)
{
    _cleanup_(buf_done) Buf first = {0}, second = {0};

    if (canonical_request(input, &first) < 0)
        return;
    check_lines(input, &first);
    check_end(input, &first);
    reverse(input->query, input->sign.query_count);
    if (!has_twins(input))
        reverse(input->headers, input->sign.header_count);
    canonical_request(input, &second);
    assert(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
}

static bool has_date(const Input *input)
{
    for (size_t i = 0; i < input->sign.header_count; i++) {
        if (strcasecmp(input->headers[i].name, "x-sdk-date") == 0)
            return true;
    }
    return false;
}

static int sign(const Input *input, const char *secret_text, Buf *buf)
{
    Secret *secret = secret_new_copy(secret_text, strlen(secret_text));
    _cleanup_(buf_done) Buf scratch = {0};
    int r;

    assert(secret);
    r = sign_authorization(&input->sign, "AK", secret, &scratch, buf);
    secret_free(secret);
    return r;
}

static void check_differs(const Input *input, const char *secret, const Buf *authorization)
{
    _cleanup_(buf_done) Buf other = {0};

    assert(sign(input, secret, &other) == 0);
    assert(strcmp(buf_text(&other), buf_text(authorization)) != 0);
}

static void check_signature(Input *input)
{
    _cleanup_(buf_done) Buf first = {0}, again = {0};
    char other_secret[2] = {input->secret[0] == 'x' ? 'y' : 'x', '\0'};
    int r = sign(input, input->secret, &first);
    const char *signature;

    assert(r == (has_date(input) && input->sign.query_count <= SIGN_QUERY_MAX &&
                         input->sign.header_count <= SIGN_HEADERS_MAX
                     ? 0
                     : -EINVAL));
    if (r < 0)
        return;
    assert(strncmp(buf_text(&first), "SDK-HMAC-SHA256 Access=AK, SignedHeaders=", 41) == 0);
    signature = buf_text(&first) + first.size - (DIGEST_HEX_SIZE - 1);
    assert(strspn(signature, "0123456789abcdef") == DIGEST_HEX_SIZE - 1);
    assert(sign(input, input->secret, &again) == 0);
    assert(strcmp(buf_text(&first), buf_text(&again)) == 0);
    check_differs(input, other_secret, &first);
    input->sign.method = input->sign.method[0] == 'P' ? "GET" : "PUT";
    check_differs(input, input->secret, &first);
}

static void check_request(const Input *input)
{
    const Instance instance = {.project_id = "p", .instance_id = "i", .api = API_APIC};
    const Request request = {
        .kind = REQUEST_DELETE_MEMBER,
        .channel_id = input->sign.method,
        .member_id = input->sign.path,
    };
    RequestLine line;

    if (request_line(&instance, &request, &line) < 0)
        return;
    assert(strlen(line.path) < sizeof(line.path));
    for (const char *c = line.path; *c; c++)
        assert(isalnum((unsigned char)*c) || strchr("/-_", *c));
    assert(strcmp(strrchr(line.path, '/') + 1, request.member_id) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_free_ char *text = malloc(size + 1);
    Input input = {0};

    assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    take_input(text, size, &input);
    check_request(&input);
    check_canonical(&input);
    check_signature(&input);
    return 0;
}
