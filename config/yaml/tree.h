/* SPDX-License-Identifier: MIT */
/* Building a tree of nodes from the pieces of a document, as a parser comes upon them. Reports what
 * is wrong with their arrangement: duplicate keys, keys that are no text, too much depth. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/yaml/node.h"
#include "config/yaml/problems.h"
#include "daemon/base/arena.h"
#include "daemon/base/map.h"

#define TREE_DEPTH_MAX 16U /* lists and maps inside each other */

/* Where a piece begins, from 1. */
typedef struct Location {
    uint32_t line;
    uint32_t column;
} Location;

/* A list or map that is not at its end yet. */
typedef struct TreeLevel {
    Node *node;
    Node **tail;        /* where the next child is linked */
    const NodeKey *key; /* of a map, whose value comes next; NULL: a key comes next */
    bool is_duplicate;  /* that key is; its value is read and dropped */
    Map keys;           /* text -> NodeKey, once there are many */
} TreeLevel;

typedef struct Tree {
    const char *file;
    Arena *arena; /* of the nodes */
    Problems *problems;
    Node *root; /* NULL until the first piece */
    TreeLevel levels[TREE_DEPTH_MAX];
    size_t depth;
} Tree;

void tree_done(Tree *tree);

/* Whether the piece that comes next is an item of a list. */
bool tree_is_in_list(const Tree *tree);

/* Reports a mistake at the piece that comes next. */
void tree_problem(Tree *tree, Location place, const char *text);

/* Add the pieces of a document in its order. 0; -EINVAL for a mistake after which the rest cannot
 * be read (reported); -ENOMEM. */
int tree_add_scalar(Tree *tree, Location place, const char *text, size_t size, bool is_plain);
int tree_add_alias(Tree *tree, Location place);
int tree_begin(Tree *tree, Location place, NodeKind kind);
void tree_end(Tree *tree);
