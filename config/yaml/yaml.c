/* SPDX-License-Identifier: MIT */
#include "config/yaml/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "config/yaml/tree.h"
#include "daemon/base/mem.h"

static Location place_of(const yaml_mark_t *mark)
{
    return (Location){.line = (uint32_t)mark->line + 1, .column = (uint32_t)mark->column + 1};
}

/* What a value may carry in YAML, and may not here. */
static void refuse_properties(Tree *tree, Location place, const yaml_char_t *anchor,
                              const yaml_char_t *tag)
{
    if (anchor)
        tree_problem(tree, place, "has an anchor, should have none");
    if (tag)
        tree_problem(tree, place, "has a tag, should have none");
}

static int take_document(Tree *tree, Location place)
{
    if (!tree->root)
        return 0;
    tree_problem(tree, place, "a second document begins here, should be one in a file");
    return -EINVAL;
}

static int take_scalar(Tree *tree, Location place, const yaml_event_t *event)
{
    refuse_properties(tree, place, event->data.scalar.anchor, event->data.scalar.tag);
    return tree_add_scalar(tree, place, (const char *)event->data.scalar.value,
                           event->data.scalar.length,
                           event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
}

/* Takes one event in. 0, -EINVAL (reported), -ENOMEM. */
static int take_event(Tree *tree, const yaml_event_t *event)
{
    Location place = place_of(&event->start_mark);

    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return take_document(tree, place);
    case YAML_ALIAS_EVENT:
        return tree_add_alias(tree, place);
    case YAML_SCALAR_EVENT:
        return take_scalar(tree, place, event);
    case YAML_SEQUENCE_START_EVENT:
        refuse_properties(tree, place, event->data.sequence_start.anchor,
                          event->data.sequence_start.tag);
        return tree_begin(tree, place, NODE_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        refuse_properties(tree, place, event->data.mapping_start.anchor,
                          event->data.mapping_start.tag);
        return tree_begin(tree, place, NODE_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        tree_end(tree);
        break;
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

/* An address like [2001:db8::1]:8080 or ::1 without quotes can mean a list or a key in YAML, and
 * what libyaml says of it helps nobody. */
static bool has_ipv6(const char *text, size_t size, size_t line)
{
    const char *end = text + size, *next;
    size_t length;

    for (; line > 0 && (next = memchr(text, '\n', (size_t)(end - text))); line--)
        text = next + 1;
    next = memchr(text, '\n', (size_t)(end - text));
    length = (size_t)((next ? next : end) - text);
    return memmem(text, length, "]:", 2) || memmem(text, length, "::", 2);
}

static int report_syntax(const Tree *tree, const yaml_parser_t *parser, const char *text,
                         size_t size)
{
    const char *problem = parser->problem ? parser->problem : "cannot be read";
    yaml_mark_t mark = parser->problem_mark;
    char context[120] = "";
    const char *advice = "";

    if (parser->error == YAML_MEMORY_ERROR)
        return -ENOMEM;
    if (parser->error == YAML_READER_ERROR) {
        mark = mark_of_offset(text, parser->problem_offset < size ? parser->problem_offset : size);
        advice = ", should be text in UTF-8";
    } else if (has_ipv6(text, size, mark.line)) {
        advice = ", should have quotes around IPv6 addresses, \"[2001:db8::1]:8080\"";
    }
    if (parser->error != YAML_READER_ERROR && parser->context)
        snprintf(context, sizeof(context), " %s that begins in line %zu", parser->context,
                 parser->context_mark.line + 1);
    problems_add(tree->problems, tree->file, mark.line + 1, mark.column + 1, "",
                 "is no YAML: %s%s%s", problem, context, advice);
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
        r = take_event(tree, &event);
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
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* the mark that some editors write */
        text += 3;
        size -= 3;
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
