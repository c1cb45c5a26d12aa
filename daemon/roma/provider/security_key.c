/* SPDX-License-Identifier: MIT */
/* Strict about what is used, and passes over what is not. */
#include "daemon/roma/provider/security_key.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/base/str.h"

#define DEPTH_MAX 16U
#define NAME_SIZE_MAX 64U

typedef struct KeyReader {
    const char *at;
    const char *end;
    SecurityKey *key;
    unsigned int depth;
    bool in_credential;
} KeyReader;

static int key_value(KeyReader *reader, const char *name);

/* The next byte that is no white space; 0 at the end. */
static char key_peek(KeyReader *reader)
{
    while (reader->at < reader->end && memchr(" \t\r\n", *reader->at, 4))
        reader->at++;
    return reader->at < reader->end ? *reader->at : '\0';
}

static int key_expect(KeyReader *reader, char byte)
{
    if (key_peek(reader) != byte)
        return -EPROTO;
    reader->at++;
    return 0;
}

/* The span of a string between its quotes. An escape is passed over with what it escapes. */
static int key_string(KeyReader *reader, const char **ret_text, size_t *ret_size)
{
    const char *start;

    if (key_expect(reader, '"') < 0)
        return -EPROTO;
    for (start = reader->at; reader->at < reader->end && *reader->at != '"'; reader->at++) {
        if ((unsigned char)*reader->at < ' ')
            return -EPROTO;
        if (*reader->at == '\\')
            reader->at++;
    }
    if (reader->at >= reader->end)
        return -EPROTO;
    *ret_text = start;
    *ret_size = (size_t)(reader->at - start);
    reader->at++;
    return 0;
}

/* Keys and tokens are plain; the one escape in use among them is that of the slash. Behind the text
 * stands its quote. */
static int key_take(const char *text, size_t size, Secret **ret_secret)
{
    _cleanup_(secret_freep) Secret *secret = secret_new(size);

    if (!secret)
        return -ENOMEM;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\\' && text[++i] != '/')
            return -EPROTO;
        secret_append(secret, text + i, 1);
    }
    if (*ret_secret || secret_size(secret) == 0)
        return -EPROTO;
    *ret_secret = TAKE_PTR(secret);
    return 0;
}

static int key_take_string(KeyReader *reader, const char *name)
{
    SecurityKey *key = reader->key;
    const char *text;
    size_t size;

    if (key_string(reader, &text, &size) < 0)
        return -EPROTO;
    if (!reader->in_credential || reader->depth != 2)
        return 0;
    if (str_equal(name, "access"))
        return key_take(text, size, &key->access);
    if (str_equal(name, "secret"))
        return key_take(text, size, &key->secret);
    if (str_equal(name, "securitytoken"))
        return key_take(text, size, &key->token);
    if (str_equal(name, "expires_at") && size < sizeof(key->expires_at)) {
        memcpy(key->expires_at, text, size);
        key->expires_at[size] = '\0';
    }
    return 0;
}

static int key_pair(KeyReader *reader)
{
    char name[NAME_SIZE_MAX] = "";
    const char *text;
    size_t size;

    if (key_string(reader, &text, &size) < 0 || key_expect(reader, ':') < 0)
        return -EPROTO;
    if (size < sizeof(name)) {
        memcpy(name, text, size);
        name[size] = '\0';
    }
    return key_value(reader, name);
}

static int key_many(KeyReader *reader, char last, int (*one)(KeyReader *reader))
{
    int r = 0;

    reader->at++;
    if (key_peek(reader) == last) {
        reader->at++;
        return 0;
    }
    if (++reader->depth > DEPTH_MAX)
        return -EPROTO;
    for (;;) {
        r = one(reader);
        if (r < 0 || key_peek(reader) != ',')
            break;
        reader->at++;
    }
    reader->depth--;
    return r < 0 ? r : key_expect(reader, last);
}

static int key_element(KeyReader *reader)
{
    return key_value(reader, "");
}

/* true, null, a number: its letters are all that is asked of it. */
static int key_word(KeyReader *reader)
{
    const char *start = reader->at;

    while (reader->at < reader->end && memchr("0123456789+-.eEtrufalsn", *reader->at, 23))
        reader->at++;
    return reader->at > start ? 0 : -EPROTO;
}

static int key_value(KeyReader *reader, const char *name)
{
    char first = key_peek(reader);
    int r;

    if (first == '"')
        return key_take_string(reader, name);
    if (first == '[')
        return key_many(reader, ']', key_element);
    if (first != '{')
        return key_word(reader);
    if (reader->depth == 1 && str_equal(name, "credential"))
        reader->in_credential = true;
    r = key_many(reader, '}', key_pair);
    if (reader->depth == 1)
        reader->in_credential = false;
    return r;
}

int security_key_parse(const char *body, size_t size, SecurityKey *key, Err *err)
{
    KeyReader reader = {.at = body, .end = body + size, .key = key};
    int r = key_peek(&reader) == '{' ? key_value(&reader, "") : -EPROTO;

    if (r >= 0 && (key_peek(&reader) != '\0' || reader.at != reader.end))
        r = -EPROTO;
    if (r == -ENOMEM)
        return err_memory(err);
    if (r < 0)
        return err_set(err, r, "the answer is not the JSON that it should be");
    if (!key->access || !key->secret || !key->token)
        return err_set(err, -EPROTO, "the answer has no %s",
                       !key->access   ? "credential.access"
                       : !key->secret ? "credential.secret"
                                      : "credential.securitytoken");
    return 0;
}

void security_key_done(SecurityKey *key)
{
    secret_free(key->access);
    secret_free(key->secret);
    secret_free(key->token);
    *key = (SecurityKey){0};
}
