/* SPDX-License-Identifier: MIT */
/*
 * Our signatures, for comparison with those of others. Each line of standard input is a request:
 * its parts, in hexadecimal, behind a letter. m method, p path, b body, a access key, s secret key,
 * and any number of q NAME=VALUE and h NAME=VALUE. For each, a line: the canonical URI and the
 * Authorization header's value.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/roma/auth/sign.h"

#define LINE_SIZE_MAX (1024 * 1024)

typedef struct Line {
    SignInput input;
    SignPair query[SIGN_QUERY_MAX];
    SignPair headers[SIGN_HEADERS_MAX];
    const char *access_key;
    const char *secret_key;
} Line;

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* In its place; the text is shorter than its digits. */
static char *decode(char *digits)
{
    char *to = digits;

    for (const char *from = digits; from[0] && from[1]; from += 2)
        *to++ = (char)(hex_digit(from[0]) << 4 | hex_digit(from[1]));
    *to = '\0';
    return digits;
}

static SignPair decode_pair(char *text)
{
    char *value = strchr(text, '=');

    *value++ = '\0';
    return (SignPair){.name = decode(text), .value = decode(value)};
}

static void take(Line *line, char *part)
{
    char kind = part[0];
    char *text = part + 1;

    if (kind == 'm')
        line->input.method = decode(text);
    else if (kind == 'p')
        line->input.path = decode(text);
    else if (kind == 'a')
        line->access_key = decode(text);
    else if (kind == 's')
        line->secret_key = decode(text);
    else if (kind == 'b') {
        line->input.body_size = strlen(text) / 2;
        line->input.body = decode(text);
    } else if (kind == 'q' && line->input.query_count < SIGN_QUERY_MAX)
        line->query[line->input.query_count++] = decode_pair(text);
    else if (kind == 'h' && line->input.header_count < SIGN_HEADERS_MAX)
        line->headers[line->input.header_count++] = decode_pair(text);
}

static int answer(Line *line)
{
    _cleanup_(secret_freep) Secret *key =
        secret_new_copy(line->secret_key, strlen(line->secret_key));
    _cleanup_(buf_done) Buf canonical = {0}, scratch = {0}, authorization = {0};
    const char *uri;

    line->input.query = line->query;
    line->input.headers = line->headers;
    if (!key || sign_canonical_request(&line->input, &canonical) < 0 ||
        sign_authorization(&line->input, line->access_key, key, &scratch, &authorization) < 0)
        return 1;
    uri = strchr(canonical.data, '\n') + 1;
    printf("%.*s %s\n", (int)strcspn(uri, "\n"), uri, authorization.data);
    return 0;
}

int main(void)
{
    static char text[LINE_SIZE_MAX];

    while (fgets(text, sizeof(text), stdin)) {
        Line line = {.access_key = "", .secret_key = ""};
        char *rest = NULL;

        for (char *part = strtok_r(text, " \n", &rest); part; part = strtok_r(NULL, " \n", &rest))
            take(&line, part);
        if (!line.input.method || !line.input.path || answer(&line) != 0)
            return 1;
    }
    return 0;
}
