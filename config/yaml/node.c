/* SPDX-License-Identifier: MIT */
#include "config/yaml/node.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/str.h"

#define SHOWN_SIZE 64U

bool node_is_null(const Node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

    if (node->kind != NODE_SCALAR || !node->plain || node->size > 4)
        return false;
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
        if (str_equal(node->text, nulls[i]))
            return true;
    }
    return false;
}

const Node *node_find(const Node *mapping, const char *key)
{
    if (mapping->kind != NODE_MAPPING)
        return NULL;
    for (const Node *node = mapping->first; node; node = node->next) {
        if (str_equal(node->key->text, key))
            return node;
    }
    return NULL;
}

/* Prints the text in quotes; a long one is cut and ends in "...". */
static void shorten(const char *text, char ret_text[static SHOWN_SIZE])
{
    if (strnlen(text, SHOWN_SIZE) < SHOWN_SIZE) {
        strcpy(ret_text, text);
        return;
    }
    str_copy(ret_text, SHOWN_SIZE - 3, text);
    strcat(ret_text, "...");
}

static void append_key(const char *key, Buf *buf)
{
    char shown[SHOWN_SIZE];

    shorten(key, shown);
    if (buf->size > 0)
        buf_putc(buf, '.');
    buf_puts(buf, shown);
}

void node_path(const Node *node, const char *key, Buf *buf)
{
    if (node->parent) {
        node_path(node->parent, NULL, buf);
        if (node->key)
            append_key(node->key->text, buf);
        else
            buf_printf(buf, "[%u]", node->index);
    }
    if (key)
        append_key(key, buf);
}

const char *node_describe(const Node *node, char ret_text[static NODE_DESCRIPTION_SIZE])
{
    char shown[SHOWN_SIZE];

    if (node->kind == NODE_MAPPING)
        return "a map";
    if (node->kind == NODE_SEQUENCE)
        return "a list";
    if (node->kind == NODE_REFUSED || node_is_null(node) || node->size == 0)
        return "empty";
    shorten(node->text, shown);
    snprintf(ret_text, NODE_DESCRIPTION_SIZE, "\"%s\"", shown);
    return ret_text;
}
