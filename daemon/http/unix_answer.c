/* SPDX-License-Identifier: MIT */
#include "daemon/http/unix_answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"

#define UNIX_ANSWER_HEADER_SIZE_MAX (64U * 1024U)
#define UNIX_ANSWER_LINE_SIZE_MAX 1024U /* before a chunk, or behind the last */
#define UNIX_ANSWER_CHUNK_DIGITS_MAX 8U

void unix_answer_done(UnixAnswer *answer)
{
    buf_done(&answer->text);
}

static int unix_answer_refuse(Err *err)
{
    return err_set(err, -EPROTO, "what answers on the control socket is no rosterd");
}

/* ---- the header ---- */

/* The value of a field of the header, or NULL. */
static const char *unix_answer_find(const char *header, const char *name)
{
    const char *found = strcasestr(header, name);

    return found ? found + strlen(name) + strspn(found + strlen(name), " ") : NULL;
}

/* How long the body is; a header that does not say it begins no answer that can be whole. */
static int unix_answer_measure(UnixAnswer *answer, const char *header)
{
    const char *coding = unix_answer_find(header, "\r\nTransfer-Encoding:");
    const char *length = unix_answer_find(header, "\r\nContent-Length:");
    size_t digits = length ? strspn(length, "0123456789") : 0;
    char text[24];

    answer->is_chunked = coding && strncasecmp(coding, "chunked\r", 8) == 0;
    if (answer->is_chunked) {
        answer->state = UNIX_ANSWER_CHUNK_SIZE;
        return 0;
    }
    if (coding || digits == 0 || digits >= sizeof(text))
        return -EPROTO;
    memcpy(text, length, digits);
    text[digits] = '\0';
    answer->state = UNIX_ANSWER_BODY;
    return str_parse_uint(text, INT64_MAX, &answer->left) < 0 ? -EPROTO : 0;
}

static bool unix_answer_is_http(const char *header)
{
    return str_has_prefix(header, "HTTP/1.") && strlen(header) > 12 && header[8] == ' ' &&
           strspn(header + 9, "0123456789") == 3;
}

static int unix_answer_begin(UnixAnswer *answer, Err *err)
{
    const char *header = buf_text(&answer->text);

    if (!unix_answer_is_http(header) || unix_answer_measure(answer, header) < 0)
        return unix_answer_refuse(err);
    answer->status = atoi(header + 9);
    if (!answer->is_chunked && answer->left == 0)
        answer->state = UNIX_ANSWER_WHOLE;
    buf_reset(&answer->text);
    return 0;
}

/* Takes the bytes of a text that ends with `end`. 1 with all of it, 0 where more is to come. */
static int unix_answer_take_text(UnixAnswer *answer, const char *end, size_t size_max,
                                 const char **bytes, size_t *size, Err *err)
{
    size_t end_size = strlen(end);

    while (*size > 0) {
        buf_putc(&answer->text, *(*bytes)++);
        (*size)--;
        if (buf_failed(&answer->text) < 0)
            return err_memory(err);
        if (answer->text.size >= end_size &&
            memcmp(answer->text.data + answer->text.size - end_size, end, end_size) == 0)
            return 1;
        if (answer->text.size >= size_max)
            return unix_answer_refuse(err);
    }
    return 0;
}

/* ---- the body ---- */

/* The line before a chunk: its size in hexadecimal, perhaps with an extension behind a ';'. */
static int unix_answer_begin_chunk(UnixAnswer *answer, Err *err)
{
    const char *line = buf_text(&answer->text);
    size_t digits = strspn(line, "0123456789abcdefABCDEF");

    if (digits == 0 || digits > UNIX_ANSWER_CHUNK_DIGITS_MAX || !strchr("; \t\r", line[digits]))
        return unix_answer_refuse(err);
    answer->left = strtoull(line, NULL, 16);
    answer->state = answer->left > 0 ? UNIX_ANSWER_BODY : UNIX_ANSWER_TRAILER;
    buf_reset(&answer->text);
    return 0;
}

/* A line is there: what it is of depends on what was to come. */
static int unix_answer_take_line(UnixAnswer *answer, Err *err)
{
    bool is_empty = answer->text.size == 2;

    if (answer->state == UNIX_ANSWER_CHUNK_SIZE)
        return unix_answer_begin_chunk(answer, err);
    if (answer->state == UNIX_ANSWER_CHUNK_END) {
        if (!is_empty)
            return unix_answer_refuse(err);
        answer->state = UNIX_ANSWER_CHUNK_SIZE;
    } else if (is_empty) {
        answer->state = UNIX_ANSWER_WHOLE;
    }
    buf_reset(&answer->text);
    return 0;
}

static void unix_answer_take_body(UnixAnswer *answer, const char **bytes, size_t *size, Buf *body)
{
    size_t taken = answer->left < *size ? (size_t)answer->left : *size;

    buf_append(body, *bytes, taken);
    *bytes += taken;
    *size -= taken;
    answer->left -= taken;
    if (answer->left == 0)
        answer->state = answer->is_chunked ? UNIX_ANSWER_CHUNK_END : UNIX_ANSWER_WHOLE;
}

int unix_answer_take(UnixAnswer *answer, const char *bytes, size_t size, Buf *body, Err *err)
{
    int r = 0;

    while (size > 0 && r >= 0 && answer->state != UNIX_ANSWER_WHOLE) {
        bool is_header = answer->state == UNIX_ANSWER_HEADER;

        if (answer->state == UNIX_ANSWER_BODY) {
            unix_answer_take_body(answer, &bytes, &size, body);
            continue;
        }
        r = unix_answer_take_text(answer, is_header ? "\r\n\r\n" : "\r\n",
                                  is_header ? UNIX_ANSWER_HEADER_SIZE_MAX
                                            : UNIX_ANSWER_LINE_SIZE_MAX,
                                  &bytes, &size, err);
        if (r > 0)
            r = is_header ? unix_answer_begin(answer, err) : unix_answer_take_line(answer, err);
    }
    if (r >= 0 && buf_failed(body) < 0)
        return err_memory(err);
    return r < 0 ? r : 0;
}

int unix_answer_check(const UnixAnswer *answer, Err *err)
{
    if (answer->state == UNIX_ANSWER_WHOLE)
        return 0;
    if (answer->state == UNIX_ANSWER_HEADER && answer->text.size > 0)
        return unix_answer_refuse(err);
    return err_set(err, -EIO,
                   answer->state == UNIX_ANSWER_HEADER
                       ? "rosterd gave no answer: the connection was closed"
                       : "rosterd's answer ends too early: the connection was closed");
}
