/* SPDX-License-Identifier: MIT */
/* The tree that a YAML file is read into: what was written, and where. It knows nothing of keys and
 * their meaning. Nodes live in an Arena and are freed with it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/buf.h"

typedef enum NodeKind {
    NODE_SCALAR,
    NODE_SEQUENCE,
    NODE_MAPPING,
    NODE_REFUSED, /* an alias: was reported already, has no value */
} NodeKind;

/* The key of a mapping's entry; places count from 1, columns in characters. */
typedef struct NodeKey {
    uint32_t line;
    uint32_t column;
    char text[];
} NodeKey;

typedef struct Node Node;

/* Kept small, since there is one for each word of a file that may hold 8 MiB of them. */
struct Node {
    const Node *parent; /* NULL: the root */
    Node *next;         /* among the parent's children */
    const NodeKey *key; /* NULL unless the parent is a mapping */
    union {
        const char *text; /* of a scalar, without NUL bytes inside */
        Node *first;      /* child of a sequence or mapping */
    };
    uint32_t line;      /* from 1 */
    uint32_t column;    /* from 1, in characters */
    uint32_t index;     /* among the parent's children, from 0 */
    uint32_t size : 28; /* bytes of the text, or children */
    uint32_t kind : 3;  /* NodeKind */
    bool plain : 1;     /* a scalar without quotes */
};

/* Whether nothing was written: a plain scalar that is empty, ~ or null. */
bool node_is_null(const Node *node);

/* The value of a key, or NULL. */
const Node *node_find(const Node *mapping, const char *key);

/* Appends the key path: "channels[2].members[0].port"; "" for the root. With `key`, of that key
 * below the node. Overlong keys are cut. */
void node_path(const Node *node, const char *key, Buf *buf);

/* Room for what node_describe() writes. */
#define NODE_DESCRIPTION_SIZE 80

/* What stands there, for people: "8o80" in its quotes, a list, empty. */
const char *node_describe(const Node *node, char ret_text[static NODE_DESCRIPTION_SIZE]);
