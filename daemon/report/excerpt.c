/* SPDX-License-Identifier: MIT */
#include "daemon/report/excerpt.h"

#include <string.h>

#include "daemon/base/file.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"

#define SIZE_READ_MAX (8U * 1024U * 1024U)
#define INDENT "    "

/* Characters of a line that are shown: so many before the place, so many in all. */
#define BEFORE_MAX 60U
#define SHOWN_MAX 100U

void excerpt_done(Excerpt *excerpt)
{
    buf_done(&excerpt->bytes);
    *excerpt = (Excerpt){0};
}

void excerpt_open(Excerpt *excerpt, const char *file)
{
    if (excerpt->file && str_equal(excerpt->file, file))
        return;
    buf_reset(&excerpt->bytes);
    excerpt->file = file;
    excerpt->is_readable = file_read(file, SIZE_READ_MAX, &excerpt->bytes, NULL) == 0;
    excerpt->line = 1;
    excerpt->at = 0;
}

/* Bytes of the line break at the text's start, of those that YAML 1.1 knows; 0: there is none. */
static size_t break_size(const char *text)
{
    if (text[0] == '\r')
        return text[1] == '\n' ? 2 : 1;
    if (text[0] == '\n')
        return 1;
    if (memcmp(text, "\xc2\x85", 2) == 0)
        return 2;
    return str_has_prefix(text, "\xe2\x80\xa8") || str_has_prefix(text, "\xe2\x80\xa9") ? 3 : 0;
}

/* What the line at the text's start has before its break. */
static size_t line_size(const char *text, size_t size)
{
    size_t at = 0;

    while (at < size && break_size(text + at) == 0)
        at++;
    return at;
}

/* Turns to a line. False: there is none. */
static bool find_line(Excerpt *excerpt, size_t line)
{
    const char *text = buf_text(&excerpt->bytes);
    size_t size = excerpt->bytes.size;

    if (line < excerpt->line)
        excerpt->line = 1, excerpt->at = 0;
    while (excerpt->line < line && excerpt->at < size) {
        excerpt->at += line_size(text + excerpt->at, size - excerpt->at);
        excerpt->at += excerpt->at < size ? break_size(text + excerpt->at) : 0;
        excerpt->line++;
    }
    return excerpt->line == line;
}

/* Bytes of the first `count` characters of a text. */
static size_t measure(const char *text, size_t size, size_t count)
{
    size_t at = 0;

    for (; count > 0 && at < size; count--) {
        size_t length = utf8_sequence(text + at, size - at);

        at += length ? length : 1;
    }
    return at;
}

/* Bytes of the key at the text's start. */
static size_t key_size(const char *text, size_t size)
{
    size_t at = 1;

    if (size > 0 && (text[0] == '"' || text[0] == '\'')) {
        const char *end = memchr(text + 1, text[0], size - 1);

        return end ? (size_t)(end - text) + 1 : 0;
    }
    while (at < size && text[at] != ':' && text[at] != ',' && text[at] != '}')
        at++;
    return at < size ? at : size;
}

static void append_part(Buf *buf, const char *text, size_t size)
{
    _cleanup_(buf_done) Buf part = {0};

    buf_append(&part, text, size);
    utf8_append_shown(buf, buf_text(&part));
    buf->failed |= buf_failed(&part) < 0;
}

/* Appends a space for each column that a shown text takes. */
static void append_spaces(Buf *buf, const char *text)
{
    for (size_t left = strlen(text), length; left > 0; text += length, left -= length) {
        length = utf8_sequence(text, left);
        length = length ? length : 1;
        for (size_t columns = utf8_columns(text, length); columns > 0; columns--)
            buf_putc(buf, ' ');
    }
}

void excerpt_append(Excerpt *excerpt, size_t line, size_t column, size_t key_column, Buf *buf)
{
    _cleanup_(buf_done) Buf before = {0};
    const char *text;
    size_t size, place, start, end;

    if (!excerpt->is_readable || column == 0 || !find_line(excerpt, line))
        return;
    text = buf_text(&excerpt->bytes) + excerpt->at;
    size = line_size(text, excerpt->bytes.size - excerpt->at);
    if (key_column > 0) {
        size_t key = measure(text, size, key_column - 1);

        size = key + key_size(text + key, size - key);
    }
    place = measure(text, size, column - 1);
    if (size == 0 || (place == size && key_column > 0))
        return;
    start = column - 1 > BEFORE_MAX ? measure(text, size, column - 1 - BEFORE_MAX) : 0;
    end = start + measure(text + start, size - start, SHOWN_MAX);
    buf_puts(&before, start > 0 ? "..." : "");
    append_part(&before, text + start, place - start);
    buf_printf(buf, INDENT "%s", buf_text(&before));
    append_part(buf, text + place, end - place);
    buf_puts(buf, end < size ? "...\n" INDENT : "\n" INDENT);
    append_spaces(buf, buf_text(&before));
    buf_puts(buf, "^\n");
    buf->failed |= buf_failed(&before) < 0;
}
