/* SPDX-License-Identifier: MIT */
/* SDK-HMAC-SHA256 verified from the raw request (API.md section 5). It shares nothing with the
 * signer under test. */
#include "tests/romasim/sign.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/percent.h"

/* Moves `*s` behind `prefix`. */
static bool skip(const char **s, const char *prefix)
{
    size_t len = strlen(prefix);

    if (strncmp(*s, prefix, len) != 0)
        return false;
    *s += len;
    return true;
}

/* The text up to the next of `stop` or the end; NULL when it is empty. */
static char *take_until(const char **s, const char *stop)
{
    size_t len = strcspn(*s, stop);
    char *text = len > 0 ? alloc_copy_bytes(*s, len) : NULL;

    *s += len;
    return text;
}

bool sign_parse(const char *authorization, Signature *ret_signature)
{
    const char *s = authorization;
    Signature parts = {0};

    if (skip(&s, "SDK-HMAC-SHA256 Access=") && (parts.access = take_until(&s, ", ")) &&
        skip(&s, ", SignedHeaders=") && (parts.signed_headers = take_until(&s, ", ")) &&
        skip(&s, ", Signature=") && (parts.signature = take_until(&s, ", ")) && *s == '\0') {
        *ret_signature = parts;
        return true;
    }
    sign_done(&parts);
    return false;
}

void sign_done(Signature *s)
{
    free(s->access);
    free(s->signed_headers);
    free(s->signature);
    *s = (Signature){0};
}

bool sign_names_are_good(const Signature *s)
{
    char *copy = alloc_copy(s->signed_headers), *rest = copy;
    const char *name, *before = "";
    bool good = true, has_date = false;

    while ((name = strsep(&rest, ";"))) {
        if (strcmp(before, name) >= 0 || strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
            good = false;
        has_date = has_date || strcmp(name, "x-sdk-date") == 0;
        before = name;
    }
    free(copy);
    return good && has_date;
}

static void add_sha256(Text *t, const void *data, size_t len)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];

    SHA256(len > 0 ? data : "", len, digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        text_addf(t, "%02x", digest[i]);
}

/* The path's segments decoded by the parser and coded again in the canonical way, with a slash at
 * the end. */
static void add_path(Text *t, const Request *r)
{
    for (size_t i = 0; i < r->n_segments; i++) {
        text_add(t, "/");
        percent_encode(t, r->segments[i]);
    }
    if (t->data[t->len - 1] != '/')
        text_add(t, "/");
}

static int compare_parameters(const void *a, const void *b)
{
    const Parameter *x = *(const Parameter *const *)a, *y = *(const Parameter *const *)b;
    int by_name = strcmp(x->name, y->name);

    return by_name != 0 ? by_name : strcmp(x->value, y->value);
}

static void add_query(Text *t, const Request *r)
{
    const Parameter *sorted[REQUEST_QUERY_MAX];

    for (size_t i = 0; i < r->n_parameters; i++)
        sorted[i] = &r->parameters[i];
    qsort(sorted, r->n_parameters, sizeof(sorted[0]), compare_parameters);
    for (size_t i = 0; i < r->n_parameters; i++) {
        if (i > 0)
            text_add(t, "&");
        percent_encode(t, sorted[i]->name);
        text_add(t, "=");
        percent_encode(t, sorted[i]->value);
    }
}

/* False when a header that was signed did not come, or came twice. */
static bool add_headers(Text *t, const Request *r, const char *names)
{
    char *copy = alloc_copy(names), *rest = copy;
    const char *name;
    bool ok = true;

    while (ok && (name = strsep(&rest, ";"))) {
        const char *value = request_header(r, name);

        ok = value && request_count_header(r, name) == 1;
        if (ok)
            text_addf(t, "%s:%s\n", name, value);
    }
    free(copy);
    return ok;
}

/* The line of the body's hash. A stated hash must be the body's own, unless it says that the body
 * is not signed. */
static bool add_body(Text *t, const Request *r)
{
    const char *stated = request_header(r, "X-Sdk-Content-Sha256");
    size_t from = t->len;

    if (stated && strcmp(stated, "UNSIGNED-PAYLOAD") == 0) {
        text_add(t, stated);
        return true;
    }
    add_sha256(t, r->body.data, r->body.len);
    return !stated || strcmp(stated, t->data + from) == 0;
}

static bool add_canonical(Text *t, const Request *r, const char *names)
{
    text_addf(t, "%s\n", r->method);
    add_path(t, r);
    text_add(t, "\n");
    add_query(t, r);
    text_add(t, "\n");
    if (!add_headers(t, r, names))
        return false;
    text_addf(t, "\n%s\n", names);
    return add_body(t, r);
}

bool sign_verify(const Request *r, const Signature *s, const char *secret)
{
    Text canonical = {0}, to_sign = {0}, expected = {0};
    unsigned char mac[EVP_MAX_MD_SIZE];
    const char *date = request_header(r, "X-Sdk-Date");
    unsigned mac_len = 0;
    bool ok = date && add_canonical(&canonical, r, s->signed_headers);

    if (ok) {
        text_addf(&to_sign, "SDK-HMAC-SHA256\n%s\n", date);
        add_sha256(&to_sign, canonical.data, canonical.len);
        ok = HMAC(EVP_sha256(), secret, (int)strlen(secret), (const unsigned char *)to_sign.data,
                  to_sign.len, mac, &mac_len) != NULL;
    }
    for (unsigned i = 0; ok && i < mac_len; i++)
        text_addf(&expected, "%02x", mac[i]);
    ok = ok && expected.len == strlen(s->signature) &&
         CRYPTO_memcmp(expected.data, s->signature, expected.len) == 0;
    text_done(&canonical);
    text_done(&to_sign);
    text_done(&expected);
    return ok;
}
