/* SPDX-License-Identifier: MIT */
#include "daemon/roma/auth/redact.h"

#include <stdbool.h>

/* So much of a secret in a message is no accident. */
#define RUN_MIN 12U

/* JSON may put a backslash before these, and some writers do before each slash. */
static bool redact_is_escaped(const char *text, const char *end, char byte)
{
    return (byte == '"' || byte == '/' || byte == '\\') && end - text > 1 && text[0] == '\\' &&
           text[1] == byte;
}

/* How far the secret reaches from the text's start: all of it, or a run too long for chance. */
static size_t redact_match(const char *text, const char *end, const char *secret, size_t size,
                           bool is_json)
{
    const char *at = text;
    size_t run = 0;

    for (; run < size && at < end; run++) {
        if (is_json && redact_is_escaped(at, end, secret[run]))
            at += 2;
        else if (*at == secret[run])
            at++;
        else
            break;
    }
    return run == size || run >= RUN_MIN ? (size_t)(at - text) : 0;
}

static size_t redact_match_any(const char *text, const char *end, const char *secret, size_t size)
{
    size_t plain, json;

    if (*text != secret[0] && *text != '\\')
        return 0;
    plain = redact_match(text, end, secret, size, false);
    json = redact_match(text, end, secret, size, true);
    return plain > json ? plain : json;
}

void redact_text(Buf *text, const char *secret, size_t size)
{
    const char *end;
    size_t to = 0;

    if (size == 0 || text->size == 0)
        return;
    end = text->data + text->size;
    for (size_t from = 0; from < text->size;) {
        size_t run = redact_match_any(text->data + from, end, secret, size);

        for (size_t i = 0; i < 3 && i < run; i++)
            text->data[to++] = '*';
        if (run == 0)
            text->data[to++] = text->data[from];
        from += run > 0 ? run : 1;
    }
    text->size = to;
    text->data[to] = '\0';
}
