/* SPDX-License-Identifier: MIT */
#include "config/schema/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"

#define TEXT_SIZE_MAX 1024U

/* Reports a problem of the node itself, or with `key` of that key below it. */
__attribute__((format(printf, 6, 0))) static void report(Reader *reader, const Node *node,
                                                         const char *key, size_t line,
                                                         size_t column, const char *format,
                                                         va_list arguments)
{
    _cleanup_(buf_done) Buf path = {0};
    char text[TEXT_SIZE_MAX];

    if (!problems_full(reader->problems)) {
        node_path(node, key, &path);
        if (buf_failed(&path) < 0)
            problems_memory(reader->problems);
        if (vsnprintf(text, sizeof(text), format, arguments) >= (int)sizeof(text))
            memcpy(text + sizeof(text) - 4, "...", 4);
    } else {
        text[0] = '\0';
    }
    problems_add(reader->problems, reader->file, line, column, buf_text(&path), "%s", text);
}

void reader_problem(Reader *reader, const Node *node, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report(reader, node, NULL, node->line, node->column, format, arguments);
    va_end(arguments);
}

void reader_problem_at_key(Reader *reader, const Node *node, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report(reader, node, NULL, node->key ? node->key->line : node->line,
           node->key ? node->key->column : node->column, format, arguments);
    va_end(arguments);
    problems_show_less(reader->problems, PROBLEM_SHOWS_KEY);
}

void reader_problem_missing(Reader *reader, const Node *map, const char *key, const char *format,
                            ...)
{
    va_list arguments;

    va_start(arguments, format);
    report(reader, map, key, map->line, map->column, format, arguments);
    va_end(arguments);
}

const char *reader_keep(Reader *reader, const char *text)
{
    const char *copy = text ? arena_string(reader->arena, text) : NULL;

    if (text && !copy)
        problems_memory(reader->problems);
    return copy;
}
