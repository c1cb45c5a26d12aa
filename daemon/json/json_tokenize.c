/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_tokenize.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/utf8.h"

#define JSON_TOP_BITS UINT64_C(0x8080808080808080)

/* Its bytes up to the first that is not in ASCII, rounded down to where the next look begins:
 * most texts are ASCII, and they are looked at in large steps. */
size_t json_measure_ascii(const char *text, size_t size)
{
    uint64_t words[4];
    size_t at = 0;

    for (; size - at >= sizeof(words); at += sizeof(words)) {
        memcpy(words, text + at, sizeof(words));
        if ((words[0] | words[1] | words[2] | words[3]) & JSON_TOP_BITS)
            break;
    }
    for (; size - at >= sizeof(words[0]); at += sizeof(words[0])) {
        memcpy(words, text + at, sizeof(words[0]));
        if (words[0] & JSON_TOP_BITS)
            break;
    }
    return at;
}

/* ---- characters that json-c refuses ---- */

#define JSON_PIECE_SIZE 4096U /* of which it is looked whether it is ASCII */
#define JSON_ESCAPE_SIZE 24   /* two of them, however large their numbers could be */

static Json *json_feed(JsonParser *parser, const char *text, size_t size)
{
    return json_tokener_parse_ex(parser->tokener, text, (int)size);
}

static bool json_asks_for_more(const JsonParser *parser)
{
    return json_tokener_get_error(parser->tokener) == json_tokener_continue;
}

/* An escape for the character of `length` bytes at `text`. But behind a backslash that escapes it,
 * where no such character may be, an escape would be something else: it stays. */
static Json *json_feed_character(JsonParser *parser, const char *text, size_t length,
                                 size_t backslashes)
{
    uint32_t point = utf8_decode(text, length);
    char escape[JSON_ESCAPE_SIZE];

    if (backslashes % 2 == 1)
        return json_feed(parser, text, length);
    if (point < 0x10000)
        snprintf(escape, sizeof(escape), "\\u%04" PRIx32, point);
    else
        snprintf(escape, sizeof(escape), "\\u%04" PRIx32 "\\u%04" PRIx32,
                 0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    return json_feed(parser, escape, strlen(escape));
}

static size_t json_count_backslashes(const char *start, const char *end)
{
    const char *at = end;

    while (at > start && at[-1] == '\\')
        at--;
    return (size_t)(end - at);
}

/* Piece by piece, those characters as escapes. */
static Json *json_tokenize_escaped(JsonParser *parser, const char *text, size_t size,
                                   size_t *ret_used)
{
    Json *value = NULL;
    size_t at = 0;

    while (at < size) {
        size_t rest = size - at < JSON_PIECE_SIZE ? size - at : JSON_PIECE_SIZE;
        size_t length = json_measure_ascii(text + at, rest);

        while (length < rest && (text[at + length] & 0x80) == 0)
            length++;
        if (length > 0) {
            value = json_feed(parser, text + at, length);
            *ret_used = at + json_tokener_get_parse_end(parser->tokener);
        } else {
            length = utf8_sequence(text + at, size - at);
            value = json_feed_character(parser, text + at, length,
                                        json_count_backslashes(text, text + at));
            *ret_used = at;
        }
        if (!json_asks_for_more(parser))
            return value;
        at += length;
    }
    *ret_used = size;
    return value;
}

static Json *json_tokenize_text(JsonParser *parser, const char *text, size_t size, size_t *ret_used)
{
    Json *value;

    if (parser->must_escape)
        return json_tokenize_escaped(parser, text, size, ret_used);
    value = json_feed(parser, text, size);
    *ret_used = json_tokener_get_parse_end(parser->tokener);
    return value;
}

/* ---- numbers that json-c refuses ---- */

/* Its digits are more than these, which are the most there may be. */
static bool json_is_beyond(const char *digits, size_t count, const char *most)
{
    size_t length = strlen(most);

    return count > length || (count == length && memcmp(digits, most, length) > 0);
}

/* Of the number at the text's start *ret_length bytes; what stands for it if it is a whole one that
 * 64 bits do not hold: the end that it is beyond. Else NULL. */
static const char *json_beyond_end(const char *text, size_t size, size_t *ret_length)
{
    static const char most[] = "18446744073709551615", least[] = "-9223372036854775808";
    size_t sign = text[0] == '-', digits, length;

    for (digits = 0; sign + digits < size && memchr("0123456789", text[sign + digits], 10);)
        digits++;
    for (length = sign + digits; length < size && memchr("0123456789.eE+-", text[length], 15);)
        length++;
    *ret_length = length;
    if (digits == 0 || length > sign + digits || text[sign] == '0')
        return NULL;
    if (!json_is_beyond(text + sign, digits, sign ? least + 1 : most))
        return NULL;
    return sign ? least : most;
}

/* How far it is to behind a string, which begins with its quote. */
static size_t json_measure_string(const char *text, size_t size)
{
    size_t at = 1;

    while (at < size && text[at] != '"')
        at += text[at] == '\\' && at + 1 < size ? 2 : 1;
    return at < size ? at + 1 : size;
}

/* How far it is to a number that 64 bits do not hold, or else to behind a bracket, where the value
 * may end. *ret_instead and *ret_length are of that number; NULL and 0 where there is none. */
static size_t json_measure_piece(const char *text, size_t size, const char **ret_instead,
                                 size_t *ret_length)
{
    size_t at = 0, length = 0;

    *ret_instead = NULL;
    *ret_length = 0;
    for (; at < size; at += length) {
        length = 1;
        if (text[at] == '}' || text[at] == ']')
            return at + 1;
        if (text[at] == '"')
            length = json_measure_string(text + at, size - at);
        else if (memchr("-0123456789", text[at], 11))
            *ret_instead = json_beyond_end(text + at, size - at, &length);
        if (*ret_instead) {
            *ret_length = length;
            return at;
        }
    }
    return size;
}

/* Piece by piece, with what such numbers come to in an older json-c instead of them. */
static Json *json_tokenize_bounded(JsonParser *parser, const char *text, size_t size,
                                   size_t *ret_used)
{
    Json *value = NULL;
    bool asks = true;

    for (size_t at = 0; asks && at < size;) {
        const char *instead;
        size_t number, length = json_measure_piece(text + at, size - at, &instead, &number);

        if (length > 0) {
            value = json_tokenize_text(parser, text + at, length, ret_used);
            *ret_used += at;
            asks = json_asks_for_more(parser);
        }
        at += length;
        if (asks && instead) {
            value = json_feed(parser, instead, strlen(instead));
            *ret_used = at += number;
            asks = json_asks_for_more(parser);
        }
    }
    return value;
}

/* Around each text json-c has the thread use a copy of its locale with the C locale's decimal
 * point, which costs a tenth of reading a row. Of the C locale itself there is nothing to copy.
 * json-c 0.18 takes a whole number that 64 bits do not hold for a fault of the text. */
Json *json_tokenize(JsonParser *parser, const char *text, size_t size, size_t *ret_used)
{
    locale_t before = uselocale(parser->c_locale);
    Json *value = json_tokenize_text(parser, text, size, ret_used);

    if (json_tokener_get_error(parser->tokener) == json_tokener_error_parse_number) {
        json_tokener_reset(parser->tokener);
        value = json_tokenize_bounded(parser, text, size, ret_used);
    }
    uselocale(before);
    return value;
}
