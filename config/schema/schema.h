/* SPDX-License-Identifier: MIT */
/*
 * DOC: reading a map by a table
 *
 * A Schema is a table of the keys that a map may have: the type of each, its bounds, what it is
 * when it is missing, and the field of a struct that it goes to. schema_read() walks a map by it.
 * It reports an unknown key with the nearest known one (suggest.h), a wrong type, a value out of
 * bounds and a key that is missing, each with its place, and then goes on with the next key.
 *
 * value.h reads single values: texts, numbers, durations, times, choices. What no table can say (a
 * member as a text or as a map, say) is a key that gives its Node to the caller. Rules that look
 * at several keys are the caller's, after the table has been read; they report mistakes as the
 * tables do (reader.h).
 *
 * The tables are data: canonical.h takes the canonical form of what was read over all of their
 * keys, tests compare them with the manual, and JSON Schema is made of them (rosterctl schema). A
 * key that is added to a table is known to all at once. What a caller checks itself, the table
 * tells as well as it can: a pattern, what may stand in a list.
 *
 * Texts are copied into the Reader's arena where the schema says so, else they are the tree's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/schema/reader.h"

typedef enum SchemaType {
    SCHEMA_TEXT,     /* const char *: min to max characters, none of them a control character */
    SCHEMA_ID,       /* const char *: str_is_id(), max characters */
    SCHEMA_PATH,     /* const char *: an absolute path, max bytes */
    SCHEMA_UINT,     /* uint32_t: min to max */
    SCHEMA_DURATION, /* uint64_t: min to max microseconds */
    SCHEMA_BOOL,     /* bool */
    SCHEMA_TIME,     /* uint64_t: a time of RFC 3339 with its offset, microseconds since 1970 */
    SCHEMA_CHOICE,   /* an enum: the index among `choices` */
    SCHEMA_SECTION,  /* a map that goes by a schema of its own into a struct within this one */
    SCHEMA_MAP,      /* const Node *: a map, for the caller to read by `section` */
    SCHEMA_NAMES,    /* const Node *: a map of names, each to a map that goes by `section` */
    SCHEMA_LIST,     /* const Node *: a list, of which maps go by `section`; min to max entries */
    SCHEMA_ANY,      /* const Node *: whatever stands there; a map goes by `section` */
} SchemaType;

typedef struct Schema Schema;

/* A word that people write who mean something else, and what they are told: for values the choice
 * that is meant, for keys what to do. Lists end with a NULL word. */
typedef struct SchemaRemedy {
    const char *word;
    const char *remedy;
} SchemaRemedy;

/* A word that a key takes, and what it means; `help` is NULL where the word says that. Lists end
 * with a NULL word. */
typedef struct SchemaChoice {
    const char *word;
    const char *help;
} SchemaChoice;

/* Appends the canonical form of what was read from a node into the target (canonical.h). */
typedef void (*SchemaPut)(const void *target, Buf *buf);

typedef struct SchemaKey SchemaKey;

struct SchemaKey {
    const char *name;
    SchemaType type;
    bool is_required;
    size_t offset; /* in the struct */
    uint64_t min;
    uint64_t max;
    uint64_t fallback;   /* of numbers and durations when they are missing */
    uint64_t gap;        /* of a duration: nothing below it may be but 0, where it is not 0 */
    bool may_be_off;     /* of a number: `off` is SCHEMA_OFF */
    bool is_of_settings; /* has no place in a roster */
    const SchemaChoice *choices;
    const SchemaRemedy *remedies; /* of choices; NULL: none */
    const Schema *section;
    const SchemaKey *item; /* what else may stand in a list, or in the place of a map; of ANY
                            * without a section, also a list of it */
    const char *pattern; /* of texts, and of the names of a map: what the caller checks besides, as
                          * a regular expression of JSON Schema */
    SchemaPut
        put; /* of a type that the caller reads; NULL: the canonical form is what is written */
    const char
        *hint; /* what would be right, "https://HOST"; NULL: the type or the choices say it */
    const char *help; /* what it is for, a clause of a manual page */
};

/* What a word of the first key, a choice, asks of the others: bits of keys. */
typedef struct SchemaVariant {
    uint32_t needs;
    uint32_t takes; /* and no others */
} SchemaVariant;

/* A bit of SchemaSeen for each key. */
#define SCHEMA_KEYS_MAX 32U

/* The number that is read where `off` is written. */
#define SCHEMA_OFF UINT32_MAX

struct Schema {
    const SchemaKey *keys;
    size_t count;                 /* SCHEMA_KEYS_MAX at most */
    bool keeps_texts;             /* else texts are the tree's, and go with it */
    const SchemaRemedy *remedies; /* of unknown keys; NULL: none */
    /* Bits of two keys, one of which must be there and not both; 0: none. schema_read() reports it.
     */
    uint32_t one_of;
    /* The rest is the caller's to check. */
    size_t least;                  /* keys that must be there */
    const SchemaVariant *variants; /* for each choice of keys[0]; NULL: none */
    uint32_t filled, unless; /* a list that must have entries, where that boolean is not true */
};

#define SCHEMA_BIT(key) (UINT32_C(1) << (key))

/* Which keys of a map were there, and which of them could be read: bit N is keys[N]. A misspelt key
 * that was reported counts as there, so that nobody reports as well that it is missing. */
typedef struct SchemaSeen {
    uint32_t present;
    uint32_t good;
} SchemaSeen;

/* "prune (delete extras) or observe (only report them)" */
void schema_print_choices(const SchemaKey *key, Buf *buf);

/* Puts the fallbacks in place, those of sections as well. */
void schema_set_fallbacks(const Schema *schema, void *target);

/* Reads a map. What is missing or wrong leaves the target as it was; reported are unknown keys
 * (with a suggestion), wrong types, values out of bounds, and required keys that are missing. */
SchemaSeen schema_read(Reader *reader, const Node *node, const Schema *schema, void *target);

/* Whether the key was there, right or wrong. */
static inline bool schema_has(SchemaSeen seen, unsigned key)
{
    return seen.present >> key & 1;
}

static inline bool schema_is_good(SchemaSeen seen, unsigned key)
{
    return seen.good >> key & 1;
}

/* Reads a text that is no value of a table's key. The tree's text, or NULL (reported). */
const char *schema_read_text(Reader *reader, const Node *node, size_t min, size_t max,
                             const char *hint);

/* Whether a text would be taken there, if it stood in quotes. */
bool schema_may_be_text(const char *text, size_t size, size_t min, size_t max);
