/* SPDX-License-Identifier: MIT */
#include "config/schema/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/clock.h"
#include "daemon/base/duration.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/suggest.h"

/* Whether it is a mark of a template that a tool should have replaced. */
static bool is_template_text(const char *text)
{
    static const char *const marks[] = {"{{", "{%", "${", "<%"};

    for (size_t i = 0; i < ELEMENTS(marks); i++) {
        if (strstr(text, marks[i]))
            return true;
    }
    return false;
}

static bool is_template(const Node *node)
{
    return is_template_text(node->text);
}

/* Says what is wrong with a value: "TERM: FOUND, must be RIGHT". */
static bool refuse(Reader *reader, const Node *node, const char *term, const char *right)
{
    char shown[NODE_DESCRIPTION_SIZE];

    if (node->kind == NODE_REFUSED)
        return false;
    if (node->kind == NODE_SCALAR && (node->size == 0 || node_is_null(node)))
        reader_problem(reader, node, "empty, must be %s", right);
    else if (node->kind == NODE_SCALAR && is_template(node))
        reader_problem(reader, node,
                       "template left unrendered: %s, render the file before rosterd reads it",
                       node_describe(node, shown));
    else
        reader_problem(reader, node, "%s: %s, must be %s", term, node_describe(node, shown), right);
    return false;
}

/* Counts the characters of a text; -1 when one of them is a control character. */
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

bool schema_may_be_text(const char *text, size_t size, size_t min, size_t max)
{
    ssize_t count = count_characters(text, size);

    return count >= 0 && (size_t)count >= min && (size_t)count <= max && !is_template_text(text);
}

const char *schema_read_text(Reader *reader, const Node *node, size_t min, size_t max,
                             const char *hint)
{
    ssize_t count;

    if (node->kind != NODE_SCALAR || node_is_null(node) || is_template(node)) {
        refuse(reader, node, "not text", hint ? hint : "text");
        return NULL;
    }
    count = count_characters(node->text, node->size);
    if (count < 0)
        reader_problem(reader, node, "control character or line break in it, must be %s",
                       hint ? hint : "one line of text");
    else if ((size_t)count < min && count == 0)
        refuse(reader, node, "not text", hint ? hint : "text");
    else if ((size_t)count < min || (size_t)count > max)
        reader_problem(reader, node, "too %s: %zd characters, must be %zu to %zu",
                       (size_t)count < min ? "short" : "long", count, min, max);
    else
        return node->text;
    if (count > 0 && (size_t)count > max)
        reader_hide_line(reader);
    return NULL;
}

static const char *read_id(Reader *reader, const Node *node, const SchemaKey *key)
{
    const char *text = schema_read_text(reader, node, 1, SIZE_MAX, key->hint);
    char shown[NODE_DESCRIPTION_SIZE];

    if (text && !str_is_id(text, key->max)) {
        reader_problem(reader, node,
                       "not an id: %s, must be 1 to %" PRIu64 " of the characters 0-9 A-Z a-z _ -",
                       node_describe(node, shown), key->max);
        return NULL;
    }
    return text;
}

static const char *read_path(Reader *reader, const Node *node, const SchemaKey *key)
{
    const char *text = schema_read_text(reader, node, 1, SIZE_MAX, key->hint);

    if (text && text[0] != '/') {
        refuse(reader, node, "not an absolute path", "one that begins with /");
        return NULL;
    }
    if (text && node->size > key->max) {
        reader_problem(reader, node, "too long: %u bytes, must be %" PRIu64 " at most", node->size,
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
        text = reader_keep(reader, text);
    if (text)
        *ret_text = text;
    return text != NULL;
}

static bool is_plain(const Node *node)
{
    return node->kind == NODE_SCALAR && node->plain;
}

/* Whether it is a whole number, perhaps with a sign or leading zeros. */
static bool is_whole(const char *text)
{
    text += *text == '-';
    return *text && text[strspn(text, "0123456789")] == '\0';
}

/* Reports what is no number in plain decimal form, and a number out of bounds. */
static bool refuse_uint(Reader *reader, const Node *node, const char *right)
{
    char shown[NODE_DESCRIPTION_SIZE];
    const char *text = node->kind == NODE_SCALAR ? node->text : "";

    if (!is_whole(text))
        return refuse(reader, node, "not a whole number", right);
    if (!node->plain)
        reader_problem(reader, node, "number in quotes: %s, must be %s without quotes",
                       node_describe(node, shown), right);
    else if (text[0] == '0' && text[1])
        reader_problem(reader, node, "leading zero: %s, must be %s without one",
                       node_describe(node, shown), right);
    else
        reader_problem(reader, node, "out of range: %.64s, must be %s", text, right);
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
        snprintf(right, sizeof(right), "%" PRIu64 " to %" PRIu64 "%s", key->min, key->max,
                 key->may_be_off ? ", or off" : "");
    return refuse_uint(reader, node, right);
}

/* Whoever writes a number alone most likely means seconds. */
static bool refuse_duration(Reader *reader, const Node *node, const SchemaKey *key, int r)
{
    char min[DURATION_TEXT_SIZE], max[DURATION_TEXT_SIZE], right[4 * DURATION_TEXT_SIZE];
    char shown[NODE_DESCRIPTION_SIZE], seconds[NODE_DESCRIPTION_SIZE];
    uint64_t usec;

    duration_format(key->min, min);
    duration_format(key->max, max);
    snprintf(right, sizeof(right), "%s to %s (units: ms, s, m, h, d, w)", min, max);
    if (node->kind != NODE_SCALAR)
        return refuse(reader, node, "not a duration", right);
    snprintf(seconds, sizeof(seconds), "%.40ss", node->text);
    if (node->plain && r == -EINVAL && duration_parse(seconds, &usec) == 0 && usec >= key->min &&
        usec <= key->max)
        reader_problem(reader, node, "no unit: %s, must be %s; write %s for seconds",
                       node_describe(node, shown), right, seconds);
    else if (r == -EINVAL)
        return refuse(reader, node, "not a duration", right);
    else if (!node->plain)
        reader_problem(reader, node, "duration in quotes: %s, must be %s without quotes",
                       node_describe(node, shown), right);
    else
        reader_problem(reader, node, "out of range: %.64s, must be %s", node->text, right);
    return false;
}

static bool read_duration(Reader *reader, const Node *node, const SchemaKey *key,
                          uint64_t *ret_usec)
{
    uint64_t usec = 0;
    int r = node->kind == NODE_SCALAR ? duration_parse(node->text, &usec) : -EINVAL;

    if (r < 0 || !node->plain || usec < key->min || usec > key->max)
        return refuse_duration(reader, node, key, r);
    *ret_usec = usec;
    return true;
}

/* YAML 1.1 has more words for yes and no, which rosterd takes as text. */
static const char *bool_meant(const Node *node)
{
    static const char *const yes[] = {"yes", "on", "y", "true"}, *const no[] = {"no", "off", "n",
                                                                                "false"};

    for (size_t i = 0; node->kind == NODE_SCALAR && i < ELEMENTS(yes); i++) {
        if (strcasecmp(node->text, yes[i]) == 0)
            return "true";
        if (strcasecmp(node->text, no[i]) == 0)
            return "false";
    }
    return "true or false";
}

static bool read_bool(Reader *reader, const Node *node, bool *ret_truth)
{
    bool is_true = is_plain(node) && str_equal(node->text, "true");
    char right[32];

    if (!is_true && !(is_plain(node) && str_equal(node->text, "false"))) {
        snprintf(right, sizeof(right), "%s%s", bool_meant(node),
                 node->kind == NODE_SCALAR && !node->plain ? " without quotes" : "");
        return refuse(reader, node, "not a boolean", right);
    }
    *ret_truth = is_true;
    return true;
}

/* Finds the choice that other tools call by this word, without regard to case. */
static const char *choice_meant(const SchemaKey *key, const char *word)
{
    for (const SchemaRemedy *remedy = key->remedies; remedy && remedy->word; remedy++) {
        if (strcasecmp(remedy->word, word) == 0)
            return remedy->remedy;
    }
    return NULL;
}

static bool refuse_choice(Reader *reader, const Node *node, const SchemaKey *key)
{
    _cleanup_(buf_done) Buf right = {0};
    char shown[NODE_DESCRIPTION_SIZE];
    Suggest suggest;
    const char *meant;

    schema_print_choices(key, &right);
    if (buf_failed(&right) < 0)
        problems_memory(reader->problems);
    if (node->kind != NODE_SCALAR)
        return refuse(reader, node, "not text", buf_text(&right));
    suggest_init(&suggest, node->text);
    for (const SchemaChoice *choice = key->choices; choice->word; choice++)
        suggest_offer(&suggest, choice->word);
    meant = choice_meant(key, node->text);
    if (!meant)
        meant = suggest.best;
    if (!meant)
        return refuse(reader, node, "unknown value", buf_text(&right));
    reader_problem(reader, node, "unknown value: %s, did you mean %s? Must be %s",
                   node_describe(node, shown), meant, buf_text(&right));
    return false;
}

static bool read_choice(Reader *reader, const Node *node, const SchemaKey *key, void *place)
{
    for (unsigned i = 0; node->kind == NODE_SCALAR && key->choices[i].word; i++) {
        if (str_equal(node->text, key->choices[i].word)) {
            memcpy(place, &i, sizeof(i));
            return true;
        }
    }
    return refuse_choice(reader, node, key);
}

static bool read_time(Reader *reader, const Node *node, const SchemaKey *key, uint64_t *ret_usec)
{
    const char *text = schema_read_text(reader, node, 1, SIZE_MAX, key->hint);

    if (!text)
        return false;
    if (clock_parse_rfc3339(text, ret_usec) < 0)
        return refuse(reader, node, "not a time with its offset", key->hint);
    return true;
}

/* A text in the place of a map or list may be a secret: the message does not repeat it. */
static bool refuse_node(Reader *reader, const Node *node, bool is_map, const char *hint)
{
    const char *term = is_map ? "not a map" : "not a list";

    if (node->kind != NODE_SCALAR || node->size == 0 || node_is_null(node) || is_template(node))
        return refuse(reader, node, term, hint);
    reader_problem(reader, node, "%s: text, must be %s", term, hint);
    reader_hide_line(reader);
    return false;
}

static bool read_node(Reader *reader, const Node *node, const SchemaKey *key, const Node **ret_node)
{
    bool is_map = key->type != SCHEMA_LIST;

    if (node->kind != (is_map ? NODE_MAPPING : NODE_SEQUENCE))
        return refuse_node(reader, node, is_map, key->hint);
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
        return read_duration(reader, node, key, place);
    case SCHEMA_TIME:
        return read_time(reader, node, key, place);
    case SCHEMA_BOOL:
        return read_bool(reader, node, place);
    case SCHEMA_CHOICE:
        return read_choice(reader, node, key, place);
    case SCHEMA_MAP:
    case SCHEMA_NAMES:
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
