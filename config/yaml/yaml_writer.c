/* SPDX-License-Identifier: MIT */
#include "config/yaml/yaml_writer.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/utf8.h"

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* What some version of YAML takes for a truth value or for nothing. */
static bool is_word(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n"};

    for (size_t i = 0; i < ELEMENTS(words); i++) {
        if (strcasecmp(text, words[i]) == 0)
            return true;
    }
    return false;
}

/* What may be taken for a number, a date or a time of day. With two dots it is none of them, so
 * that IPv4 addresses need no quotes. */
static bool may_be_number(const char *text)
{
    const char *dot = strchr(text, '.');

    if (text[0] < '0' || text[0] > '9' || (dot && strchr(dot + 1, '.')))
        return false;
    if (text[0] == '0' && text[1] != '\0' && strchr("xXoObB", text[1]))
        return true;
    return text[strspn(text, "0123456789_.:eE+-tTzZ")] == '\0';
}

static bool is_plain(const char *text, bool in_flow)
{
    if (!is_letter_or_digit(text[0]))
        return false;
    for (const char *c = text; *c; c++) {
        bool is_colon = *c == ':' && !in_flow && is_letter_or_digit(c[1]);

        if (!is_letter_or_digit(*c) && !strchr("._-/", *c) && !is_colon)
            return false;
    }
    return !is_word(text) && !may_be_number(text);
}

static void put_escape(Buf *buf, uint32_t point)
{
    if (point <= 0xff)
        buf_printf(buf, "\\x%02" PRIX32, point);
    else if (point <= 0xffff)
        buf_printf(buf, "\\u%04" PRIX32, point);
    else
        buf_printf(buf, "\\U%08" PRIX32, point);
}

static void put_quoted(Buf *buf, const char *text)
{
    size_t left = strlen(text);

    buf_putc(buf, '"');
    while (left > 0) {
        size_t length = utf8_sequence(text, left);
        uint32_t point = length ? utf8_decode(text, length) : '?';

        if (point == '"' || point == '\\')
            buf_putc(buf, '\\');
        if (utf8_is_unseen(point))
            put_escape(buf, point);
        else if (length == 0)
            buf_putc(buf, '?');
        else
            buf_append(buf, text, length);
        text += length ? length : 1;
        left -= length ? length : 1;
    }
    buf_putc(buf, '"');
}

void yaml_writer_put_text(Buf *buf, const char *text, bool in_flow)
{
    if (is_plain(text, in_flow))
        buf_puts(buf, text);
    else
        put_quoted(buf, text);
}

void yaml_writer_put_comment(Buf *buf, const char *text)
{
    buf_puts(buf, " # ");
    utf8_append_shown(buf, text);
}
