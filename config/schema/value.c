/* SPDX-License-Identifier: MIT */
#include "config/schema/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/schema/suggest.h"
#include "daemon/base/duration.h"
#include "daemon/base/str.h"

/* Says what is wrong with a value; `right` is the type's own idea of what would be right. */
static bool refuse(Reader *reader, const Node *node, const char *hint, const char *right)
{
    char shown[NODE_DESCRIPTION_SIZE];

    if (node->kind != NODE_REFUSED)
        schema_problem(reader, node, "is %s, should be %s", node_describe(node, shown),
                       hint ? hint : right);
    return false;
}

/* -1 when there is a control character. */
static ssize_t count_characters(const char *text, size_t size)
{
    size_t count = 0, controls = 0;

    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        controls += c < 0x20 || c == 0x7f;
        count += (c & 0xc0) != 0x80;
    }
    return controls ? -1 : (ssize_t)count;
}

const char *schema_read_text(Reader *reader, const Node *node, size_t min, size_t max,
                             const char *hint)
{
    ssize_t count;

    if (node->kind != NODE_SCALAR || node_is_null(node)) {
        refuse(reader, node, hint, "text");
        return NULL;
    }
    count = count_characters(node->text, node->size);
    if (count < 0)
        schema_problem(reader, node, "holds a control character, should be %s",
                       hint ? hint : "one line of text");
    else if ((size_t)count < min && count == 0)
        refuse(reader, node, hint, "text");
    else if ((size_t)count < min || (size_t)count > max)
        schema_problem(reader, node, "has %zd characters, should have %zu to %zu", count, min, max);
    else
        return node->text;
    return NULL;
}

static const char *read_id(Reader *reader, const Node *node, const SchemaKey *key)
{
    const char *text = schema_read_text(reader, node, 1, SIZE_MAX, key->hint);
    char shown[NODE_DESCRIPTION_SIZE];

    if (text && !str_is_id(text, key->max)) {
        schema_problem(reader, node,
                       "is %s, should be 1 to %" PRIu64 " of the characters 0-9 A-Z a-z _ -",
                       node_describe(node, shown), key->max);
        return NULL;
    }
    return text;
}

static const char *read_path(Reader *reader, const Node *node, const SchemaKey *key)
{
    const char *text = schema_read_text(reader, node, 1, SIZE_MAX, key->hint);

    if (text && text[0] != '/') {
        refuse(reader, node, NULL, "an absolute path");
        return NULL;
    }
    if (text && node->size > key->max) {
        schema_problem(reader, node, "has %u bytes, should have %" PRIu64 " at most", node->size,
                       key->max);
        return NULL;
    }
    return text;
}

static bool read_text(Reader *reader, const Node *node, const SchemaKey *key, bool keeps_texts,
                      const char **ret_text)
{
    const char *text;

    if (key->type == SCHEMA_ID)
        text = read_id(reader, node, key);
    else if (key->type == SCHEMA_PATH)
        text = read_path(reader, node, key);
    else
        text = schema_read_text(reader, node, key->min, key->max, key->hint);
    if (text && keeps_texts)
        text = schema_keep(reader, text);
    if (text)
        *ret_text = text;
    return text != NULL;
}

static bool is_plain(const Node *node)
{
    return node->kind == NODE_SCALAR && node->plain;
}

/* refuse() for what stands without quotes: with them it may look right and be none. */
static bool refuse_number(Reader *reader, const Node *node, const char *right)
{
    char shown[NODE_DESCRIPTION_SIZE];

    if (node->kind != NODE_SCALAR || node->plain)
        return refuse(reader, node, NULL, right);
    schema_problem(reader, node, "is %s in quotes, should be %s without quotes",
                   node_describe(node, shown), right);
    return false;
}

static bool read_uint(Reader *reader, const Node *node, const SchemaKey *key, uint32_t *ret_number)
{
    char right[64];
    uint64_t number;

    if (is_plain(node) && str_parse_uint(node->text, key->max, &number) == 0 &&
        number >= key->min) {
        *ret_number = (uint32_t)number;
        return true;
    }
    if (key->may_be_off && node->kind == NODE_SCALAR && str_equal(node->text, "off")) {
        *ret_number = SCHEMA_OFF;
        return true;
    }
    if (key->min == key->max)
        snprintf(right, sizeof(right), "%" PRIu64, key->min);
    else
        snprintf(right, sizeof(right), "a number from %" PRIu64 " to %" PRIu64 "%s", key->min,
                 key->max, key->may_be_off ? ", or off" : "");
    return refuse_number(reader, node, right);
}

static bool read_span(Reader *reader, const Node *node, const SchemaKey *key, uint64_t *ret_usec)
{
    char min[DURATION_TEXT_SIZE], max[DURATION_TEXT_SIZE], right[4 * DURATION_TEXT_SIZE];
    uint64_t usec;

    if (is_plain(node) && duration_parse(node->text, &usec) == 0 && usec >= key->min &&
        usec <= key->max) {
        *ret_usec = usec;
        return true;
    }
    duration_format(key->min, min);
    duration_format(key->max, max);
    snprintf(right, sizeof(right), "a duration from %s to %s (units: ms, s, m, h, d, w)", min, max);
    return refuse_number(reader, node, right);
}

static bool read_bool(Reader *reader, const Node *node, bool *ret_truth)
{
    bool is_true = is_plain(node) && str_equal(node->text, "true");

    if (!is_true && !(is_plain(node) && str_equal(node->text, "false")))
        return refuse_number(reader, node, "true or false");
    *ret_truth = is_true;
    return true;
}

static bool read_choice(Reader *reader, const Node *node, const SchemaKey *key, void *place)
{
    char shown[NODE_DESCRIPTION_SIZE];
    Suggest suggest;

    if (node->kind != NODE_SCALAR)
        return refuse(reader, node, key->hint, "text");
    suggest_init(&suggest, node->text);
    for (unsigned i = 0; key->choices[i]; i++) {
        if (str_equal(node->text, key->choices[i])) {
            memcpy(place, &i, sizeof(i));
            return true;
        }
        suggest_offer(&suggest, key->choices[i]);
    }
    if (!suggest.best)
        return refuse(reader, node, key->hint, "text");
    schema_problem(reader, node, "is %s, should be %s: \"%s\"?", node_describe(node, shown),
                   key->hint, suggest.best);
    return false;
}

static bool read_node(Reader *reader, const Node *node, const SchemaKey *key, const Node **ret_node)
{
    bool is_map = key->type == SCHEMA_MAP;

    if (node->kind != (is_map ? NODE_MAPPING : NODE_SEQUENCE))
        return refuse(reader, node, key->hint, is_map ? "a map of keys" : "a list");
    *ret_node = node;
    return true;
}

bool value_read(Reader *reader, const Node *node, const SchemaKey *key, bool keeps_texts,
                void *place)
{
    switch (key->type) {
    case SCHEMA_TEXT:
    case SCHEMA_ID:
    case SCHEMA_PATH:
        return read_text(reader, node, key, keeps_texts, place);
    case SCHEMA_UINT:
        return read_uint(reader, node, key, place);
    case SCHEMA_DURATION:
        return read_span(reader, node, key, place);
    case SCHEMA_BOOL:
        return read_bool(reader, node, place);
    case SCHEMA_CHOICE:
        return read_choice(reader, node, key, place);
    case SCHEMA_MAP:
    case SCHEMA_LIST:
        return read_node(reader, node, key, place);
    case SCHEMA_ANY:
        *(const Node **)place = node;
        return node->kind != NODE_REFUSED;
    case SCHEMA_SECTION:
        break;
    }
    return false;
}
