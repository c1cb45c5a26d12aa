/* SPDX-License-Identifier: MIT */
#include "daemon/report/json_schema.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/duration.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/number_pattern.h"

#define WITHOUT_CONTROLS "^(?![\\s\\S]*[\\u0000-\\u001f\\u007f])"
#define TIME_PATTERN                                                                               \
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"

/* What is being written. */
typedef struct Draft {
    JsonWriter writer;
    const Schema *rosters;
    bool is_roster; /* keys of the settings alone are left out */
} Draft;

static void put_schema(Draft *draft, const Schema *schema);
static void put_value(Draft *draft, const SchemaKey *key);

/* ---- values ---- */

/* Puts a text that was made for it. */
static void put_made(Draft *draft, const char *key, Buf *made)
{
    json_put_string(&draft->writer, key, buf_text(made));
    draft->writer.buf->failed |= buf_failed(made) < 0;
    buf_done(made);
}

static void put_types(Draft *draft, const char *const *types, size_t count)
{
    json_open_array(&draft->writer, "type");
    for (size_t i = 0; i < count; i++)
        json_put_string(&draft->writer, NULL, types[i]);
    json_close_array(&draft->writer);
}

/* A plain scalar is a text whatever else it could be: `name: yes`, `id: 123`. */
static void put_text(Draft *draft, const SchemaKey *key)
{
    static const char *const types[] = {"string", "number", "boolean"};

    if (key->pattern)
        json_put_string(&draft->writer, "type", "string");
    else
        put_types(draft, types, ELEMENTS(types));
    json_put_string(&draft->writer, "pattern", key->pattern ? key->pattern : WITHOUT_CONTROLS);
    if (key->min > 0)
        json_put_number(&draft->writer, "minLength", key->min);
    if (key->max < SIZE_MAX)
        json_put_number(&draft->writer, "maxLength", key->max);
}

static void put_id(Draft *draft, const SchemaKey *key)
{
    static const char *const types[] = {"string", "integer", "boolean"};
    Buf pattern = {0};

    put_types(draft, types, ELEMENTS(types));
    buf_printf(&pattern, "^[0-9A-Za-z_-]{1,%zu}$", (size_t)key->max);
    put_made(draft, "pattern", &pattern);
}

static void put_path(Draft *draft, const SchemaKey *key)
{
    json_put_string(&draft->writer, "type", "string");
    json_put_string(&draft->writer, "pattern", WITHOUT_CONTROLS "/");
    json_put_number(&draft->writer, "maxLength", key->max);
}

static void put_bounds(Draft *draft, const SchemaKey *key)
{
    json_put_string(&draft->writer, "type", "integer");
    json_put_number(&draft->writer, "minimum", key->min);
    json_put_number(&draft->writer, "maximum", key->max);
}

static void put_uint(Draft *draft, const SchemaKey *key)
{
    if (!key->may_be_off) {
        put_bounds(draft, key);
    } else {
        json_open_array(&draft->writer, "anyOf");
        json_open_object(&draft->writer, NULL);
        put_bounds(draft, key);
        json_close_object(&draft->writer);
        json_open_object(&draft->writer, NULL);
        json_put_string(&draft->writer, "const", "off");
        json_close_object(&draft->writer);
        json_close_array(&draft->writer);
    }
    if (key->fallback > 0 && !draft->is_roster)
        json_put_number(&draft->writer, "default", key->fallback);
}

static void put_duration(Draft *draft, const SchemaKey *key)
{
    char preset[DURATION_TEXT_SIZE];
    Buf pattern = {0};

    json_put_string(&draft->writer, "type", "string");
    number_pattern_append_duration(&pattern, key->min, key->max, key->gap);
    put_made(draft, "pattern", &pattern);
    if (key->fallback > 0 && !draft->is_roster) {
        duration_format(key->fallback, preset);
        json_put_string(&draft->writer, "default", preset);
    }
}

static void put_choices(Draft *draft, const SchemaKey *key)
{
    json_open_array(&draft->writer, "enum");
    for (const SchemaChoice *choice = key->choices; choice->word; choice++)
        json_put_string(&draft->writer, NULL, choice->word);
    json_close_array(&draft->writer);
}

/* ---- what has parts ---- */

/* A list whose entries are the item. */
static void put_items(Draft *draft, const SchemaKey *item)
{
    json_put_string(&draft->writer, "type", "array");
    json_put_number(&draft->writer, "minItems", 1);
    json_open_object(&draft->writer, "items");
    put_value(draft, item);
    json_close_object(&draft->writer);
}

/* What may stand in one place: the item, or what goes by the section. */
static void put_either(Draft *draft, const SchemaKey *key)
{
    json_open_array(&draft->writer, "anyOf");
    if (key->item) {
        json_open_object(&draft->writer, NULL);
        put_value(draft, key->item);
        json_close_object(&draft->writer);
    }
    json_open_object(&draft->writer, NULL);
    if (key->section)
        put_schema(draft, key->section);
    else
        put_items(draft, key->item);
    json_close_object(&draft->writer);
    json_close_array(&draft->writer);
}

static const SchemaKey *find_key(const Schema *schema, const char *name)
{
    for (size_t i = 0; schema && i < schema->count; i++) {
        if (str_equal(schema->keys[i].name, name))
            return &schema->keys[i];
    }
    return NULL;
}

static void put_entries(Draft *draft, const SchemaKey *key)
{
    json_open_object(&draft->writer, "items");
    if (key->item && key->section)
        put_either(draft, key);
    else if (key->item)
        put_value(draft, key->item);
    else
        put_schema(draft, key->section);
    json_close_object(&draft->writer);
}

static void put_list(Draft *draft, const SchemaKey *key)
{
    bool was_roster = draft->is_roster;

    json_put_string(&draft->writer, "type", "array");
    if (key->min > 0)
        json_put_number(&draft->writer, "minItems", key->min);
    if (key->max > 0)
        json_put_number(&draft->writer, "maxItems", key->max);
    if (!key->section && !key->item) {
        key = find_key(draft->rosters, key->name);
        draft->is_roster = true;
    }
    if (key)
        put_entries(draft, key);
    draft->is_roster = was_roster;
}

static void put_names(Draft *draft, const SchemaKey *key)
{
    json_put_string(&draft->writer, "type", "object");
    json_put_number(&draft->writer, "minProperties", 1);
    json_open_object(&draft->writer, "propertyNames");
    json_put_string(&draft->writer, "pattern", key->pattern);
    json_close_object(&draft->writer);
    json_open_object(&draft->writer, "additionalProperties");
    put_schema(draft, key->section);
    json_close_object(&draft->writer);
}

static void put_value(Draft *draft, const SchemaKey *key)
{
    switch (key->type) {
    case SCHEMA_TEXT:
        put_text(draft, key);
        break;
    case SCHEMA_ID:
        put_id(draft, key);
        break;
    case SCHEMA_PATH:
        put_path(draft, key);
        break;
    case SCHEMA_UINT:
        put_uint(draft, key);
        break;
    case SCHEMA_DURATION:
        put_duration(draft, key);
        break;
    case SCHEMA_BOOL:
        json_put_string(&draft->writer, "type", "boolean");
        break;
    case SCHEMA_TIME:
        json_put_string(&draft->writer, "type", "string");
        json_put_string(&draft->writer, "pattern", TIME_PATTERN);
        break;
    case SCHEMA_CHOICE:
        put_choices(draft, key);
        break;
    case SCHEMA_SECTION:
    case SCHEMA_MAP:
        put_schema(draft, key->section);
        break;
    case SCHEMA_NAMES:
        put_names(draft, key);
        break;
    case SCHEMA_LIST:
        put_list(draft, key);
        break;
    case SCHEMA_ANY:
        put_either(draft, key);
        break;
    }
}

/* What an editor shows beside a key. */
static void put_description(Draft *draft, const SchemaKey *key)
{
    _cleanup_(buf_done) Buf text = {0};

    buf_puts(&text, key->help ? key->help : key->hint ? key->hint : "");
    if (key->type == SCHEMA_CHOICE) {
        buf_puts(&text, text.size > 0 ? ": " : "");
        schema_print_choices(key, &text);
    }
    if (text.size > 0 || buf_failed(&text) < 0)
        put_made(draft, "description", &text);
}

/* ---- rules of a map ---- */

static void put_names_of(Draft *draft, const char *key, const Schema *schema, uint32_t keys)
{
    json_open_array(&draft->writer, key);
    for (size_t i = 0; i < schema->count; i++) {
        if (keys >> i & 1)
            json_put_string(&draft->writer, NULL, schema->keys[i].name);
    }
    json_close_array(&draft->writer);
}

static uint32_t required_keys(const Schema *schema)
{
    uint32_t keys = 0;

    for (size_t i = 0; i < schema->count; i++)
        keys |= (uint32_t)schema->keys[i].is_required << i;
    return keys;
}

static void put_one_of(Draft *draft, const Schema *schema)
{
    json_open_array(&draft->writer, "oneOf");
    for (size_t i = 0; i < schema->count; i++) {
        if (!(schema->one_of >> i & 1))
            continue;
        json_open_object(&draft->writer, NULL);
        put_names_of(draft, "required", schema, UINT32_C(1) << i);
        json_close_object(&draft->writer);
    }
    json_close_array(&draft->writer);
}

/* Either the key that allows it is true, or the list is there and has entries. */
static void put_filled(Draft *draft, const Schema *schema)
{
    JsonWriter *writer = &draft->writer;

    json_open_array(writer, "anyOf");
    json_open_object(writer, NULL);
    put_names_of(draft, "required", schema, schema->unless);
    json_open_object(writer, "properties");
    json_open_object(writer, schema->keys[__builtin_ctz(schema->unless)].name);
    json_put_bool(writer, "const", true);
    json_close_object(writer);
    json_close_object(writer);
    json_close_object(writer);
    json_open_object(writer, NULL);
    put_names_of(draft, "required", schema, schema->filled);
    json_open_object(writer, "properties");
    json_open_object(writer, schema->keys[__builtin_ctz(schema->filled)].name);
    json_put_number(writer, "minItems", 1);
    json_close_object(writer);
    json_close_object(writer);
    json_close_object(writer);
    json_close_array(writer);
}

/* What each word of the first key needs, and what may stand beside it. */
static void put_variants(Draft *draft, const Schema *schema)
{
    JsonWriter *writer = &draft->writer;

    json_open_array(writer, "allOf");
    for (size_t i = 0; schema->keys[0].choices[i].word; i++) {
        const SchemaVariant *variant = &schema->variants[i];

        json_open_object(writer, NULL);
        json_open_object(writer, "if");
        put_names_of(draft, "required", schema, 1);
        json_open_object(writer, "properties");
        json_open_object(writer, schema->keys[0].name);
        json_put_string(writer, "const", schema->keys[0].choices[i].word);
        json_close_object(writer);
        json_close_object(writer);
        json_close_object(writer);
        json_open_object(writer, "then");
        put_names_of(draft, "required", schema, variant->needs);
        json_open_object(writer, "propertyNames");
        put_names_of(draft, "enum", schema, 1 | variant->needs | variant->takes);
        json_close_object(writer);
        json_close_object(writer);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void put_rules(Draft *draft, const Schema *schema)
{
    if (required_keys(schema))
        put_names_of(draft, "required", schema, required_keys(schema));
    if (schema->least > 0)
        json_put_number(&draft->writer, "minProperties", schema->least);
    if (schema->one_of)
        put_one_of(draft, schema);
    if (schema->filled)
        put_filled(draft, schema);
    if (schema->variants)
        put_variants(draft, schema);
}

static void put_schema(Draft *draft, const Schema *schema)
{
    json_put_string(&draft->writer, "type", "object");
    json_put_bool(&draft->writer, "additionalProperties", false);
    json_open_object(&draft->writer, "properties");
    for (size_t i = 0; i < schema->count; i++) {
        const SchemaKey *key = &schema->keys[i];

        if (draft->is_roster && key->is_of_settings)
            continue;
        json_open_object(&draft->writer, key->name);
        put_description(draft, key);
        put_value(draft, key);
        json_close_object(&draft->writer);
    }
    json_close_object(&draft->writer);
    put_rules(draft, schema);
}

int json_schema_append(const JsonSchema *what, Buf *buf)
{
    Draft draft = {.writer = {.buf = buf}, .rosters = what->rosters, .is_roster = !what->rosters};

    json_open_object(&draft.writer, NULL);
    json_put_string(&draft.writer, "$schema", "http://json-schema.org/draft-07/schema#");
    json_put_string(&draft.writer, "title", what->title);
    put_schema(&draft, what->schema);
    json_close_object(&draft.writer);
    return json_end(&draft.writer);
}
