/* SPDX-License-Identifier: MIT */
/* Compares the tree of a text with what libyaml alone reads in it, event by event. */
#pragma once

#include <assert.h>
#include <string.h>
#include <yaml.h>

#include "config/yaml/node.h"

static inline yaml_event_t next_event(yaml_parser_t *parser, yaml_event_type_t type)
{
    yaml_event_t event;
    int is_read = yaml_parser_parse(parser, &event);

    assert(is_read && event.type == type);
    return event;
}

static inline void skip_event(yaml_parser_t *parser, yaml_event_type_t type)
{
    yaml_event_t event = next_event(parser, type);

    yaml_event_delete(&event);
}

static inline void same_place(uint32_t line, uint32_t column, const yaml_event_t *event)
{
    assert(line == event->start_mark.line + 1 && column == event->start_mark.column + 1);
}

static inline void same_key(yaml_parser_t *parser, const NodeKey *key)
{
    yaml_event_t event = next_event(parser, YAML_SCALAR_EVENT);

    same_place(key->line, key->column, &event);
    assert(strcmp(key->text, (const char *)event.data.scalar.value) == 0);
    yaml_event_delete(&event);
}

static inline void same_scalar(yaml_parser_t *parser, const Node *node)
{
    yaml_event_t event = next_event(parser, YAML_SCALAR_EVENT);

    same_place(node->line, node->column, &event);
    assert(node->size == event.data.scalar.length && strlen(node->text) == node->size);
    assert(strcmp(node->text, (const char *)event.data.scalar.value) == 0);
    assert(node->plain == (event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE));
    yaml_event_delete(&event);
}

static inline void same_node(yaml_parser_t *parser, const Node *node)
{
    bool is_map = node->kind == NODE_MAPPING;
    uint32_t count = 0;
    yaml_event_t event;

    if (node->kind == NODE_SCALAR) {
        same_scalar(parser, node);
        return;
    }
    event = next_event(parser, is_map ? YAML_MAPPING_START_EVENT : YAML_SEQUENCE_START_EVENT);
    same_place(node->line, node->column, &event);
    yaml_event_delete(&event);
    for (const Node *child = node->first; child; child = child->next) {
        assert(child->parent == node && child->index == count && !child->key == !is_map);
        count++;
        if (is_map)
            same_key(parser, child->key);
        same_node(parser, child);
    }
    assert(count == node->size);
    skip_event(parser, is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
}

/* Ends where anything differs. The text is one that was read without a problem. */
static inline void same_tree(const Node *root, const char *text, size_t size)
{
    yaml_parser_t parser;
    int is_made = yaml_parser_initialize(&parser);

    assert(is_made);
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size -= 3;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    skip_event(&parser, YAML_STREAM_START_EVENT);
    skip_event(&parser, YAML_DOCUMENT_START_EVENT);
    same_node(&parser, root);
    skip_event(&parser, YAML_DOCUMENT_END_EVENT);
    skip_event(&parser, YAML_STREAM_END_EVENT);
    yaml_parser_delete(&parser);
}
