/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_whole.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>
#include <string.h>

typedef struct JsonCount {
    size_t names;
    size_t commas;      /* one less than the members or elements of each container, if any */
    size_t brackets;    /* two of each container */
    size_t words;       /* values without quotes or brackets */
    size_t nulls;       /* of these */
    size_t odd;         /* of these: NaN, Infinity and what has single quotes, which json-c takes */
    size_t strings;     /* names among them */
    size_t string_size; /* of all of them together */
} JsonCount;

/* ---- in the text ---- */

static unsigned int json_hex4(const char *digits)
{
    unsigned int value = 0;

    for (size_t i = 0; i < 4; i++) {
        char digit = digits[i];

        value = value * 16 + (unsigned int)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    return value;
}

/* What an escape comes to in UTF-8; `at` is at the letter behind its backslash, and then at its
 * last byte. Half of a surrogate pair stands as U+FFFD. */
static size_t json_escape_size(const char **at, const char *end)
{
    unsigned int code;

    if (**at != 'u' || end - *at < 5)
        return 1;
    code = json_hex4(*at + 1);
    *at += 4;
    if (code >= 0xd800 && code < 0xdc00 && end - *at >= 7 && (*at)[1] == '\\' && (*at)[2] == 'u' &&
        (json_hex4(*at + 3) & 0xfc00) == 0xdc00) {
        *at += 6;
        return 4;
    }
    return code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
}

/* From behind a string's first quote to its last. */
static const char *json_count_string(const char *at, const char *end, JsonCount *count)
{
    for (; at < end && *at != '"'; at++) {
        size_t size = 1;

        if (*at == '\\' && ++at < end)
            size = json_escape_size(&at, end);
        count->string_size += size;
    }
    return at;
}

static bool json_is_of_word(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '-' || byte == '+' || byte == '.';
}

/* From a word's first byte to its last. An "n" begins null alone. */
static const char *json_count_word(const char *at, const char *end, JsonCount *count)
{
    count->words++;
    count->nulls += *at == 'n';
    count->odd += memchr("NI'", *at, 3) || (*at == '-' && at + 1 < end && at[1] == 'I');
    while (at + 1 < end && json_is_of_word(at[1]))
        at++;
    return at;
}

static void json_count_text(const char *text, size_t size, JsonCount *count)
{
    const char *end = text + size;

    for (const char *at = text; at < end; at++) {
        switch (*at) {
        case ' ':
        case '\n':
        case '\r':
        case '\t':
            break;
        case '"':
            count->strings++;
            at = json_count_string(at + 1, end, count);
            break;
        case ':':
            count->names++;
            break;
        case ',':
            count->commas++;
            break;
        case '{':
        case '}':
        case '[':
        case ']':
            count->brackets++;
            break;
        default:
            at = json_count_word(at, end, count);
            break;
        }
    }
}

/* ---- in what was made of it ---- */

static void json_count_value(const Json *value, JsonCount *count);

static void json_count_object(const Json *object, JsonCount *count)
{
    size_t length = (size_t)json_object_object_length(object);

    count->names += length;
    count->strings += length;
    count->brackets += 2;
    count->commas += length > 0 ? length - 1 : 0;
    json_object_object_foreach(object, name, member)
    {
        count->string_size += strlen(name);
        json_count_value(member, count);
    }
}

static void json_count_array(const Json *array, JsonCount *count)
{
    size_t length = json_object_array_length(array);

    count->brackets += 2;
    count->commas += length > 0 ? length - 1 : 0;
    for (size_t i = 0; i < length; i++)
        json_count_value(json_object_array_get_idx(array, i), count);
}

/* As deep as the tokener let it be. */
static void json_count_value(const Json *value, JsonCount *count)
{
    switch (json_object_get_type(value)) {
    case json_type_null:
        count->nulls++;
        count->words++;
        break;
    case json_type_string:
        count->strings++;
        count->string_size += (size_t)json_object_get_string_len(value);
        break;
    case json_type_object:
        json_count_object(value, count);
        break;
    case json_type_array:
        json_count_array(value, count);
        break;
    case json_type_boolean:
    case json_type_double:
    case json_type_int:
        count->words++;
        break;
    }
}

bool json_is_whole(const char *text, size_t size, const Json *value)
{
    JsonCount in_text = {0}, made = {0};

    json_count_text(text, size, &in_text);
    json_count_value(value, &made);
    return in_text.odd == 0 && in_text.names == made.names && in_text.commas == made.commas &&
           in_text.brackets == made.brackets && in_text.words == made.words &&
           in_text.nulls == made.nulls && in_text.strings == made.strings &&
           in_text.string_size == made.string_size;
}

bool json_has_odd_word(const char *text, size_t size)
{
    JsonCount count = {0};

    json_count_text(text, size, &count);
    return count.odd > 0;
}

/* ---- in short ---- */

/* Sixteen bytes at a time, on every processor: the compiler makes of it what that one has. */
typedef uint8_t JsonLanes __attribute__((vector_size(16)));

_Static_assert(JSON_SHORT_SIZE / sizeof(JsonLanes) <= UINT8_MAX, "a lane counts all of a text");

/* How often the byte is there, in a text of JSON_SHORT_SIZE at most. */
static size_t json_count_byte(const char *text, size_t size, char byte)
{
    JsonLanes counts = {0}, lanes;
    size_t count = 0;

    for (; size >= sizeof(lanes); text += sizeof(lanes), size -= sizeof(lanes)) {
        memcpy(&lanes, text, sizeof(lanes));
        counts -= (JsonLanes)(lanes == (uint8_t)byte); /* 255 where it is so */
    }
    for (size_t i = 0; i < sizeof(lanes); i++)
        count += counts[i];
    for (; size > 0; text++, size--)
        count += *text == byte;
    return count;
}

/* The strings in an object. False where anything in it may be less than it was: an array, or null
 * in the place of a value; and where it may be an odd word. */
static bool json_count_plain(const Json *object, size_t *strings)
{
    *strings += (size_t)json_object_object_length(object);
    json_object_object_foreach(object, name, member)
    {
        enum json_type type = json_object_get_type(member);

        (void)name;
        *strings += type == json_type_string;
        if (type == json_type_null || type == json_type_array || type == json_type_double)
            return false;
        if (type == json_type_object && !json_count_plain(member, strings))
            return false;
    }
    return true;
}

int json_prepare(JsonParser *parser)
{
    char text[JSON_SHORT_SIZE + 3];
    Json *value;
    int size;

    memset(text, 'x', sizeof(text));
    text[0] = text[sizeof(text) - 2] = '"';
    text[sizeof(text) - 1] = '\0';
    value = json_tokener_parse_ex(parser->tokener, text, (int)sizeof(text));
    size = json_object_get_string_len(value);
    json_free(value);
    json_tokener_reset(parser->tokener);
    return size == JSON_SHORT_SIZE ? 0 : -ENOMEM;
}

bool json_is_whole_prepared(const char *text, size_t size, const Json *value)
{
    size_t strings = 0;

    if (size <= JSON_SHORT_SIZE && json_object_is_type(value, json_type_object) &&
        !memchr(text, '\\', size) && json_count_plain(value, &strings))
        return 2 * strings == json_count_byte(text, size, '"');
    return json_is_whole(text, size, value);
}
