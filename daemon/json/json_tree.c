/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_tree.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/json/json_tokenize.h"

static bool json_tree_add(JsonTree *tree, const char *key, Json *value)
{
    Json *to = tree->depth > 0 ? tree->open[tree->depth - 1] : NULL;

    assert(to ? json_is_object(to) == (key != NULL) : !tree->root && !key);
    if (!to)
        tree->root = value;
    else if (key)
        return json_object_object_add(to, key, value) == 0;
    else
        return json_object_array_add(to, value) == 0;
    return true;
}

/* Takes the value; NULL is one that memory was wanting for. */
static void json_tree_put(JsonTree *tree, const char *key, Json *value)
{
    bool is_put = value && !tree->has_failed && json_tree_add(tree, key, value);

    if (!is_put)
        json_free(value);
    tree->has_failed = tree->has_failed || !is_put;
}

void json_tree_open(JsonTree *tree, const char *key, bool is_array)
{
    Json *opened = is_array ? json_object_new_array() : json_object_new_object();

    assert(tree->depth < JSON_DEPTH_MAX);
    json_tree_put(tree, key, opened);
    tree->open[tree->depth++] = tree->has_failed ? NULL : opened;
}

void json_tree_close(JsonTree *tree)
{
    assert(tree->depth > 0);
    tree->depth--;
}

static bool json_tree_is_ascii(const char *text, size_t size)
{
    size_t at = json_measure_ascii(text, size);

    while (at < size && !(text[at] & 0x80))
        at++;
    return at == size;
}

void json_tree_put_string(JsonTree *tree, const char *key, const char *text)
{
    size_t size = strlen(text);
    char *mended;

    if (json_tree_is_ascii(text, size)) {
        json_tree_put(tree, key, json_object_new_string_len(text, (int)size));
        return;
    }
    mended = strdup(text);
    if (mended)
        utf8_mend(mended);
    json_tree_put(tree, key, mended ? json_object_new_string(mended) : NULL);
    free(mended);
}

/* As json-c reads one. */
void json_tree_put_number(JsonTree *tree, const char *key, uint64_t number)
{
    json_tree_put(tree, key,
                  number > INT64_MAX ? json_object_new_uint64(number)
                                     : json_object_new_int64((int64_t)number));
}

void json_tree_put_bool(JsonTree *tree, const char *key, bool value)
{
    json_tree_put(tree, key, json_object_new_boolean(value));
}

void json_tree_put_null(JsonTree *tree, const char *key)
{
    assert(tree->depth > 0);
    tree->has_failed = tree->has_failed || !json_tree_add(tree, key, NULL);
}

void json_tree_put_value(JsonTree *tree, const char *key, const Json *value)
{
    Json *copy = NULL;

    if (!value) {
        json_tree_put_null(tree, key);
        return;
    }
    json_object_deep_copy((Json *)(uintptr_t)value, &copy, NULL);
    json_tree_put(tree, key, copy);
}

int json_tree_end(JsonTree *tree, Json **ret_root)
{
    assert(tree->depth == 0 && (tree->root || tree->has_failed));
    if (tree->has_failed) {
        json_free(TAKE_PTR(tree->root));
        return -ENOMEM;
    }
    *ret_root = TAKE_PTR(tree->root);
    return 0;
}
