/* SPDX-License-Identifier: MIT */
#include "config/yaml/tree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"

/* A map with this many keys or more looks them up by their hash. */
#define HASHED_FROM 16U

void tree_done(Tree *tree)
{
    for (size_t i = 0; i < TREE_DEPTH_MAX; i++)
        map_done(&tree->levels[i].keys);
}

static TreeLevel *tree_level(Tree *tree)
{
    return tree->depth > 0 ? &tree->levels[tree->depth - 1] : NULL;
}

bool tree_is_in_list(const Tree *tree)
{
    return tree->depth > 0 && tree->levels[tree->depth - 1].node->kind == NODE_SEQUENCE;
}

static bool tree_wants_key(Tree *tree)
{
    const TreeLevel *level = tree_level(tree);

    return level && level->node->kind == NODE_MAPPING && !level->key;
}

void tree_problem(Tree *tree, Location place, const char *text)
{
    _cleanup_(buf_done) Buf path = {0};
    const TreeLevel *level = tree_level(tree);

    if (level)
        node_path(level->node, level->key ? level->key->text : NULL, &path);
    if (level && level->node->kind == NODE_SEQUENCE)
        buf_printf(&path, "[%u]", level->node->size);
    if (buf_failed(&path) < 0)
        problems_memory(tree->problems);
    problems_add(tree->problems, tree->file, place.line, place.column, buf_text(&path), "%s", text);
}

static int tree_refuse(Tree *tree, Location place, const char *text)
{
    tree_problem(tree, place, text);
    return -EINVAL;
}

static int level_put_key(TreeLevel *level, const NodeKey *key, size_t size)
{
    /* Maps take mutable values, and give back what was put in. */
    return map_put(&level->keys, key->text, size, (void *)(uintptr_t)key);
}

/* Finds the same key among those before it. 0 with NULL where there is none; -ENOMEM. */
static int level_find_key(TreeLevel *level, const NodeKey *key, size_t size,
                          const NodeKey **ret_first)
{
    const Node *node;

    if (level->node->size < HASHED_FROM) {
        node = node_find(level->node, key->text);
        *ret_first = node ? node->key : NULL;
        return 0;
    }
    for (node = level->keys.size == 0 ? level->node->first : NULL; node; node = node->next) {
        if (level_put_key(level, node->key, strlen(node->key->text)) < 0)
            return -ENOMEM;
    }
    *ret_first = map_find(&level->keys, key->text, size);
    return !*ret_first && level_put_key(level, key, size) < 0 ? -ENOMEM : 0;
}

static int tree_add_key(Tree *tree, Location place, const char *text, size_t size)
{
    TreeLevel *level = tree_level(tree);
    NodeKey *key = arena_alloc(tree->arena, sizeof(*key) + size + 1);
    const NodeKey *first;
    char twice[80];

    if (!key)
        return -ENOMEM;
    key->line = place.line;
    key->column = place.column;
    memcpy(key->text, text, size);
    key->text[size] = '\0';
    if (level_find_key(level, key, size, &first) < 0)
        return -ENOMEM;
    level->key = key;
    level->is_duplicate = first != NULL;
    if (!first)
        return 0;
    snprintf(twice, sizeof(twice), "duplicate key (first on line %u), keep one of them",
             first->line);
    tree_problem(tree, place, twice);
    return 0;
}

/* Makes a node for a new value. NULL when out of memory. */
static Node *tree_add(Tree *tree, Location place, NodeKind kind)
{
    Node *node = arena_alloc(tree->arena, sizeof(*node));
    TreeLevel *level = tree_level(tree);

    if (!node)
        return NULL;
    *node = (Node){.line = place.line, .column = place.column, .kind = kind};
    if (!level) {
        tree->root = node;
        return node;
    }
    node->parent = level->node;
    node->key = level->key;
    node->index = level->node->size;
    if (!level->is_duplicate) {
        *level->tail = node;
        level->tail = &node->next;
        level->node->size++;
    }
    level->key = NULL;
    level->is_duplicate = false;
    return node;
}

int tree_add_scalar(Tree *tree, Location place, const char *text, size_t size, bool is_plain)
{
    bool has_nul = memchr(text, '\0', size) != NULL;
    Node *node;

    if (has_nul)
        tree_problem(tree, place, "NUL character, must be text");
    if (tree_wants_key(tree))
        return has_nul ? -EINVAL : tree_add_key(tree, place, text, size);
    node = tree_add(tree, place, has_nul ? NODE_REFUSED : NODE_SCALAR);
    if (!node)
        return -ENOMEM;
    node->text = arena_copy(tree->arena, text, size);
    node->size = (uint32_t)size & 0xfffffff; /* a file has fewer bytes */
    node->plain = is_plain;
    return node->text ? 0 : -ENOMEM;
}

int tree_add_alias(Tree *tree, Location place)
{
    tree_problem(tree, place, "alias, write the value out");
    if (tree_wants_key(tree))
        return -EINVAL;
    return tree_add(tree, place, NODE_REFUSED) ? 0 : -ENOMEM;
}

int tree_begin(Tree *tree, Location place, NodeKind kind)
{
    Node *node;

    if (tree_wants_key(tree))
        return tree_refuse(tree, place,
                           "key is a list or map, must be text (a template such as {{ x }} that "
                           "was not rendered looks like this)");
    if (tree->depth == TREE_DEPTH_MAX)
        return tree_refuse(tree, place, "too deep, must be 16 levels of lists and maps at most");
    node = tree_add(tree, place, kind);
    if (!node)
        return -ENOMEM;
    tree->levels[tree->depth++] = (TreeLevel){.node = node, .tail = &node->first};
    return 0;
}

void tree_end(Tree *tree)
{
    map_done(&tree->levels[--tree->depth].keys);
}
