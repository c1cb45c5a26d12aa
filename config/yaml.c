/* Events of libyaml to nodes: see yaml.h. */
#include "config/yaml.h"

#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "daemon/base/map.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

/* From this many keys on, a map's keys are looked up by their hash. */
#define HASHED_FROM 16U

/* A list or map that is not at its end yet. */
typedef struct Level {
    Node *node;
    Node **tail;        /* where the next child is linked */
    const NodeKey *key; /* of a map, whose value comes next; NULL: a key comes next */
    bool is_duplicate;  /* that key is; its value is read and dropped */
    Map keys;           /* text -> NodeKey, once there are HASHED_FROM */
} Level;

typedef struct Tree {
    const char *file;
    Arena *arena;
    Problems *problems;
    Node *root;
    Level levels[YAML_DEPTH_MAX];
    size_t depth;
} Tree;

static void tree_done(Tree *tree)
{
    for (size_t i = 0; i < YAML_DEPTH_MAX; i++)
        map_done(&tree->levels[i].keys);
}

/* Reports something at an event, by the path of the value it begins. */
static void tree_problem(Tree *tree, const yaml_mark_t *mark, const char *text)
{
    _cleanup_(buf_done) Buf path = {0};

    if (tree->depth > 0) {
        const Level *level = &tree->levels[tree->depth - 1];

        node_path(level->node, level->key ? level->key->text : NULL, &path);
        if (level->node->kind == NODE_SEQUENCE)
            buf_printf(&path, "[%u]", level->node->size);
    }
    problems_add(tree->problems, tree->file, mark->line + 1, mark->column + 1, buf_text(&path),
                 "%s", text);
}

static int tree_refuse(Tree *tree, const yaml_mark_t *mark, const char *text)
{
    tree_problem(tree, mark, text);
    return -EINVAL;
}

/* Hashes the keys so far when a map turns out to be large. 0 or -ENOMEM. */
static int level_hash_keys(Level *level)
{
    for (const Node *node = level->node->first; node; node = node->next) {
        /* Maps take mutable values, and give back what was put in. */
        void *value = (void *)(uintptr_t)node->key;

        if (map_put(&level->keys, node->key->text, strlen(node->key->text), value) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* The same key among those before it. 0 and NULL when there is none; -ENOMEM. */
static int level_find_key(Level *level, const NodeKey *key, size_t size, const NodeKey **ret_first)
{
    const Node *found;

    if (level->node->size < HASHED_FROM) {
        found = node_find(level->node, key->text);
        *ret_first = found ? found->key : NULL;
        return 0;
    }
    if (level->keys.size == 0 && level_hash_keys(level) < 0)
        return -ENOMEM;
    *ret_first = map_find(&level->keys, key->text, size);
    if (!*ret_first && map_put(&level->keys, key->text, size, (void *)(uintptr_t)key) < 0)
        return -ENOMEM;
    return 0;
}

static int tree_key(Tree *tree, const yaml_event_t *event)
{
    Level *level = &tree->levels[tree->depth - 1];
    size_t size = event->data.scalar.length;
    NodeKey *key = arena_alloc(tree->arena, sizeof(*key) + size + 1);
    const NodeKey *first;

    if (!key)
        return -ENOMEM;
    key->line = (uint32_t)event->start_mark.line + 1;
    key->column = (uint32_t)event->start_mark.column + 1;
    memcpy(key->text, event->data.scalar.value, size);
    key->text[size] = '\0';
    if (level_find_key(level, key, size, &first) < 0)
        return -ENOMEM;
    level->key = key;
    level->is_duplicate = first != NULL;
    if (first) {
        char text[80];

        snprintf(text, sizeof(text), "stands here again, should be there once (first in line %u)",
                 first->line);
        tree_problem(tree, &event->start_mark, text);
    }
    return 0;
}

/* A new value where the events stand. NULL when out of memory. */
static Node *tree_add(Tree *tree, const yaml_event_t *event, NodeKind kind)
{
    Node *node = arena_alloc(tree->arena, sizeof(*node));
    Level *level = tree->depth > 0 ? &tree->levels[tree->depth - 1] : NULL;

    if (!node)
        return NULL;
    *node = (Node){
        .line = (uint32_t)event->start_mark.line + 1,
        .column = (uint32_t)event->start_mark.column + 1,
        .kind = kind,
    };
    if (!level) {
        tree->root = node;
        return node;
    }
    node->parent = level->node;
    node->key = level->key;
    node->index = level->node->size;
    level->key = NULL;
    if (!level->is_duplicate) {
        *level->tail = node;
        level->tail = &node->next;
        level->node->size++;
    }
    level->is_duplicate = false;
    return node;
}

static bool tree_wants_key(const Tree *tree)
{
    const Level *level = tree->depth > 0 ? &tree->levels[tree->depth - 1] : NULL;

    return level && level->node->kind == NODE_MAPPING && !level->key;
}

static int tree_scalar(Tree *tree, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    bool has_nul = memchr(value, '\0', size) != NULL;
    Node *node;

    if (has_nul)
        tree_problem(tree, &event->start_mark, "holds a NUL character, should be text");
    if (tree_wants_key(tree))
        return has_nul ? -EINVAL : tree_key(tree, event);
    node = tree_add(tree, event, has_nul ? NODE_REFUSED : NODE_SCALAR);
    if (!node)
        return -ENOMEM;
    node->text = arena_copy(tree->arena, value, size);
    node->size = (uint32_t)size & 0xfffffff;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return node->text ? 0 : -ENOMEM;
}

static int tree_begin(Tree *tree, const yaml_event_t *event, NodeKind kind)
{
    Node *node;

    if (tree_wants_key(tree))
        return tree_refuse(tree, &event->start_mark, "a key here is a list or map, should be text");
    if (tree->depth == YAML_DEPTH_MAX)
        return tree_refuse(tree, &event->start_mark,
                           "is too deep, should have 16 levels of lists and maps at most");
    node = tree_add(tree, event, kind);
    if (!node)
        return -ENOMEM;
    tree->levels[tree->depth++] = (Level){.node = node, .tail = &node->first};
    return 0;
}

static int tree_end(Tree *tree)
{
    map_done(&tree->levels[--tree->depth].keys);
    return 0;
}

static int tree_alias(Tree *tree, const yaml_event_t *event)
{
    tree_problem(tree, &event->start_mark, "is an alias, should be written out");
    if (tree_wants_key(tree))
        return -EINVAL;
    return tree_add(tree, event, NODE_REFUSED) ? 0 : -ENOMEM;
}

/* What a value may carry in YAML, and may not here. */
static void tree_refuse_properties(Tree *tree, const yaml_event_t *event, const yaml_char_t *anchor,
                                   const yaml_char_t *tag)
{
    if (anchor)
        tree_problem(tree, &event->start_mark, "has an anchor, should have none");
    if (tag)
        tree_problem(tree, &event->start_mark, "has a tag, should have none");
}

static int tree_document(Tree *tree, const yaml_event_t *event)
{
    if (tree->root)
        return tree_refuse(tree, &event->start_mark,
                           "a second document begins here, should be one in a file");
    return 0;
}

/* Takes one event in. 0, -EINVAL (reported), -ENOMEM. */
static int tree_event(Tree *tree, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return tree_document(tree, event);
    case YAML_ALIAS_EVENT:
        return tree_alias(tree, event);
    case YAML_SCALAR_EVENT:
        tree_refuse_properties(tree, event, event->data.scalar.anchor, event->data.scalar.tag);
        return tree_scalar(tree, event);
    case YAML_SEQUENCE_START_EVENT:
        tree_refuse_properties(tree, event, event->data.sequence_start.anchor,
                               event->data.sequence_start.tag);
        return tree_begin(tree, event, NODE_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        tree_refuse_properties(tree, event, event->data.mapping_start.anchor,
                               event->data.mapping_start.tag);
        return tree_begin(tree, event, NODE_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return tree_end(tree);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return 0;
}

/* libyaml gives no line for what it cannot decode, only the bytes before it. */
static yaml_mark_t mark_of_offset(const char *text, size_t offset)
{
    yaml_mark_t mark = {0};

    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return mark;
}

static int report_syntax(const Tree *tree, const yaml_parser_t *parser, const char *text,
                         size_t size)
{
    const char *problem = parser->problem ? parser->problem : "cannot be read";
    yaml_mark_t mark = parser->problem_mark;

    if (parser->error == YAML_MEMORY_ERROR)
        return -ENOMEM;
    if (parser->error == YAML_READER_ERROR) {
        mark = mark_of_offset(text, parser->problem_offset < size ? parser->problem_offset : size);
        problems_add(tree->problems, tree->file, mark.line + 1, mark.column + 1, "",
                     "is no YAML: %s, should be text in UTF-8", problem);
    } else if (parser->context) {
        problems_add(tree->problems, tree->file, mark.line + 1, mark.column + 1, "",
                     "is no YAML: %s %s that begins in line %zu", problem, parser->context,
                     parser->context_mark.line + 1);
    } else {
        problems_add(tree->problems, tree->file, mark.line + 1, mark.column + 1, "",
                     "is no YAML: %s", problem);
    }
    return -EINVAL;
}

static int parse_events(Tree *tree, yaml_parser_t *parser, const char *text, size_t size)
{
    int r = 0;

    for (bool ended = false; !ended && r == 0;) {
        yaml_event_t event;

        if (!yaml_parser_parse(parser, &event))
            return report_syntax(tree, parser, text, size);
        ended = event.type == YAML_STREAM_END_EVENT;
        r = tree_event(tree, &event);
        yaml_event_delete(&event);
    }
    return r;
}

int yaml_parse(const char *file, const char *text, size_t size, Arena *arena, Problems *problems,
               const Node **ret_root)
{
    _cleanup_(tree_done) Tree tree = {.file = file, .arena = arena, .problems = problems};
    _cleanup_(yaml_parser_delete) yaml_parser_t parser;
    int r;

    if (!yaml_parser_initialize(&parser))
        return problems_memory(problems);
    if (size > YAML_SIZE_MAX) {
        problems_add(problems, file, 1, 1, "", "is larger than 8 MiB, should be several files");
        return -EINVAL;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    r = parse_events(&tree, &parser, text, size);
    if (r == -ENOMEM)
        return problems_memory(problems);
    if (r < 0)
        return r;
    if (!tree.root) {
        problems_add(problems, file, 1, 1, "", "is empty, should be a map of keys");
        return -EINVAL;
    }
    *ret_root = tree.root;
    return 0;
}
