/* SPDX-License-Identifier: MIT */
#include "config/schema/schema.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "config/schema/value.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/base/suggest.h"

static void put_fallback(const SchemaKey *key, void *place)
{
    uint32_t number = (uint32_t)key->fallback;

    switch (key->type) {
    case SCHEMA_UINT:
        memcpy(place, &number, sizeof(number));
        break;
    case SCHEMA_DURATION:
        memcpy(place, &key->fallback, sizeof(key->fallback));
        break;
    case SCHEMA_TIME:
    case SCHEMA_BOOL:
    case SCHEMA_TEXT:
    case SCHEMA_ID:
    case SCHEMA_PATH:
    case SCHEMA_CHOICE:
    case SCHEMA_SECTION:
    case SCHEMA_MAP:
    case SCHEMA_NAMES:
    case SCHEMA_LIST:
    case SCHEMA_ANY:
        break;
    }
}

void schema_set_fallbacks(const Schema *schema, void *target)
{
    for (size_t i = 0; i < schema->count; i++) {
        const SchemaKey *key = &schema->keys[i];

        if (key->type == SCHEMA_SECTION)
            schema_set_fallbacks(key->section, (char *)target + key->offset);
        else
            put_fallback(key, (char *)target + key->offset);
    }
}

static size_t find_key(const Schema *schema, const char *name)
{
    size_t i = 0;

    while (i < schema->count && !str_equal(schema->keys[i].name, name))
        i++;
    return i;
}

static void list_names(const Schema *schema, Buf *names)
{
    for (size_t i = 0; i < schema->count; i++)
        buf_printf(names, "%s%s", i > 0 ? ", " : "", schema->keys[i].name);
}

/* Whether other tools take a secret in a key of that name. */
static bool is_secret(const char *name)
{
    static const char *const words[] = {"access_key",
                                        "access_key_id",
                                        "ak",
                                        "secret_key",
                                        "sk",
                                        "secret_access_key",
                                        "secret",
                                        "token",
                                        "password",
                                        "passwd",
                                        "credential",
                                        "security_token",
                                        "session_token",
                                        "auth_token",
                                        "x_auth_token"};
    size_t i = 0;

    while (i < ELEMENTS(words) && strcasecmp(words[i], name) != 0)
        i++;
    return i < ELEMENTS(words);
}

static const char *find_remedy(const Schema *schema, const char *name)
{
    for (const SchemaRemedy *remedy = schema->remedies; remedy && remedy->word; remedy++) {
        if (strcasecmp(remedy->word, name) == 0)
            return remedy->remedy;
    }
    return NULL;
}

/* Reports an unknown key for which there is a remedy. False where there is none. */
static bool report_known(Reader *reader, const Node *node, const Schema *schema)
{
    const char *name = node->key->text, *remedy = find_remedy(schema, name);

    if (remedy) {
        reader_problem_at_key(reader, node, "unknown key, %s", remedy);
    } else if (is_secret(name)) {
        reader_problem_at_key(reader, node,
                              "unknown key, secrets do not stand in YAML: write it to a file of "
                              "mode 0600, name that in auth (token_file, password_file, "
                              "access_key_file, secret_key_file), and replace the secret, which "
                              "others may have read here");
        reader_hide_line(reader);
    } else if (strstr(name, "{{") || strstr(name, "{%") || strstr(name, "${") ||
               strstr(name, "<%")) {
        reader_problem_at_key(reader, node,
                              "template left unrendered, render the file before rosterd reads it");
    } else {
        return false;
    }
    return true;
}

/* Returns the bit of the key that was probably meant, or 0. */
static uint32_t report_unknown(Reader *reader, const Node *node, const Schema *schema)
{
    _cleanup_(buf_done) Buf names = {0};
    Suggest suggest;

    if (report_known(reader, node, schema))
        return 0;
    suggest_init(&suggest, node->key->text);
    for (size_t i = 0; i < schema->count; i++)
        suggest_offer(&suggest, schema->keys[i].name);
    if (suggest.best) {
        reader_problem_at_key(reader, node, "unknown key, did you mean \"%s\"?", suggest.best);
        return UINT32_C(1) << find_key(schema, suggest.best);
    }
    if (!problems_full(reader->problems))
        list_names(schema, &names);
    if (buf_failed(&names) < 0)
        problems_memory(reader->problems);
    reader_problem_at_key(reader, node, "unknown key, must be one of: %s", buf_text(&names));
    return 0;
}

void schema_print_choices(const SchemaKey *key, Buf *buf)
{
    for (const SchemaChoice *choice = key->choices; choice->word; choice++) {
        if (choice > key->choices)
            buf_puts(buf, choice[1].word ? ", " : " or ");
        buf_puts(buf, choice->word);
        if (choice->help)
            buf_printf(buf, " (%s)", choice->help);
    }
}

static void report_missing_key(Reader *reader, const Node *map, const SchemaKey *key)
{
    _cleanup_(buf_done) Buf choices = {0};

    if (key->type == SCHEMA_CHOICE)
        schema_print_choices(key, &choices);
    if (buf_failed(&choices) < 0)
        problems_memory(reader->problems);
    reader_problem_missing(reader, map, key->name, "missing, must be %s",
                           key->hint ? key->hint : buf_text(&choices));
}

static void report_missing(Reader *reader, const Node *map, const Schema *schema, uint32_t present)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (schema->keys[i].is_required && !(present >> i & 1))
            report_missing_key(reader, map, &schema->keys[i]);
    }
}

static void report_one_of(Reader *reader, const Node *map, const Schema *schema, uint32_t present)
{
    const SchemaKey *first, *second;

    if (!schema->one_of || __builtin_popcount(present & schema->one_of) == 1)
        return;
    first = &schema->keys[__builtin_ctz(schema->one_of)];
    second = &schema->keys[__builtin_ctz(schema->one_of & (schema->one_of - 1))];
    if (present & schema->one_of)
        reader_problem(reader, map, "both %s and %s, must have one of them", first->name,
                       second->name);
    else
        reader_problem(reader, map, "neither %s nor %s, must have one of them", first->name,
                       second->name);
}

static bool read_key(Reader *reader, const Node *node, const Schema *schema, const SchemaKey *key,
                     void *target)
{
    void *place = (char *)target + key->offset;
    SchemaSeen seen;

    if (key->type != SCHEMA_SECTION)
        return value_read(reader, node, key, schema->keeps_texts, place);
    seen = schema_read(reader, node, key->section, place);
    return node->kind == NODE_MAPPING && seen.good == seen.present;
}

/* A text in the place of a map may be a secret, and so may a file that is one text as a whole: the
 * message does not repeat it. */
static const char *schema_describe(const Node *node, char ret_text[static NODE_DESCRIPTION_SIZE])
{
    if (node->kind == NODE_SCALAR && node->size > 0 && !node_is_null(node))
        return "text";
    return node_describe(node, ret_text);
}

SchemaSeen schema_read(Reader *reader, const Node *node, const Schema *schema, void *target)
{
    char shown[NODE_DESCRIPTION_SIZE];
    SchemaSeen seen = {0};

    assert(schema->count <= SCHEMA_KEYS_MAX);
    if (node->kind != NODE_MAPPING) {
        if (node->kind != NODE_REFUSED)
            reader_problem(reader, node, "not a map: %s, must be a map of keys",
                           schema_describe(node, shown));
        if (node->kind == NODE_SCALAR)
            reader_hide_line(reader);
        return seen;
    }
    for (const Node *child = node->first; child; child = child->next) {
        size_t i = find_key(schema, child->key->text);

        if (i == schema->count) {
            seen.present |= report_unknown(reader, child, schema);
            continue;
        }
        seen.present |= UINT32_C(1) << i;
        if (read_key(reader, child, schema, &schema->keys[i], target))
            seen.good |= UINT32_C(1) << i;
    }
    report_missing(reader, node, schema, seen.present);
    report_one_of(reader, node, schema, seen.present);
    return seen;
}
