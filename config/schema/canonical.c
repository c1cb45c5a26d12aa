/* SPDX-License-Identifier: MIT */
#include "config/schema/canonical.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"

void canonical_put_wide(Buf *buf, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        buf_putc(buf, (char)(number | 0x80));
    buf_putc(buf, (char)number);
}

void canonical_put_text(Buf *buf, const char *text)
{
    size_t size = strlen(text);

    canonical_put_number(buf, size);
    buf_append(buf, text, size);
}

/* The parser bounds how deep a tree is. */
void canonical_put_tree(Buf *buf, const Node *node)
{
    if (!node)
        return;
    canonical_put_number(buf, node->kind);
    if (node->key)
        canonical_put_text(buf, node->key->text);
    if (node->kind == NODE_SCALAR) {
        canonical_put_number(buf, node->plain);
        canonical_put_text(buf, node->text);
        return;
    }
    canonical_put_number(buf, node->kind == NODE_REFUSED ? 0 : node->size);
    for (const Node *child = node->kind == NODE_REFUSED ? NULL : node->first; child;
         child = child->next)
        canonical_put_tree(buf, child);
}

void canonical_put_nothing(const void *target, Buf *buf)
{
    (void)target;
    (void)buf;
}

/* Its place in the schema says the same as its name, and is shorter: there are many members. */
static void canonical_put_key(Buf *buf, size_t place)
{
    canonical_put_number(buf, place + 1);
}

static void canonical_put_node(Buf *buf, const SchemaKey *key, const void *target)
{
    const Node *node;

    if (key->put) {
        key->put(target, buf);
        return;
    }
    memcpy(&node, (const char *)target + key->offset, sizeof(node));
    canonical_put_tree(buf, node);
}

static void canonical_put_value(Buf *buf, const SchemaKey *key, const void *place)
{
    uint64_t wide;
    uint32_t narrow;
    const char *text;
    bool truth;

    switch (key->type) {
    case SCHEMA_TEXT:
    case SCHEMA_ID:
    case SCHEMA_PATH:
        memcpy(&text, place, sizeof(text));
        canonical_put_text(buf, text);
        return;
    case SCHEMA_UINT:
    case SCHEMA_CHOICE:
        memcpy(&narrow, place, sizeof(narrow));
        wide = narrow;
        break;
    case SCHEMA_BOOL:
        memcpy(&truth, place, sizeof(truth));
        wide = truth;
        break;
    case SCHEMA_DURATION:
    case SCHEMA_TIME:
    case SCHEMA_SECTION:
    case SCHEMA_MAP:
    case SCHEMA_NAMES:
    case SCHEMA_LIST:
    case SCHEMA_ANY:
    default:
        memcpy(&wide, place, sizeof(wide));
        break;
    }
    canonical_put_number(buf, wide);
}

static bool canonical_is_node(SchemaType type)
{
    return type == SCHEMA_MAP || type == SCHEMA_NAMES || type == SCHEMA_LIST || type == SCHEMA_ANY;
}

static bool canonical_is_absent(SchemaType type, const void *place)
{
    const char *text;

    if (type != SCHEMA_TEXT && type != SCHEMA_ID && type != SCHEMA_PATH)
        return false;
    memcpy(&text, place, sizeof(text));
    return !text;
}

void canonical_put(Buf *buf, const Schema *schema, uint32_t keys, const void *target)
{
    for (size_t i = 0; i < schema->count && keys >> i; i++) {
        const SchemaKey *key = &schema->keys[i];
        const void *place = (const char *)target + key->offset;

        if (!(keys >> i & 1) || canonical_is_absent(key->type, place))
            continue;
        canonical_put_key(buf, i);
        if (key->type == SCHEMA_SECTION) {
            canonical_put(buf, key->section, CANONICAL_ALL, place);
        } else if (canonical_is_node(key->type)) {
            canonical_put_node(buf, key, target);
        } else {
            canonical_put_value(buf, key, place);
        }
    }
    buf_putc(buf, '\0'); /* no key has this number */
}

int canonical_digest(const Buf *buf, char ret_hex[static DIGEST_HEX_SIZE])
{
    return buf_failed(buf) < 0 ? -ENOMEM : digest_sha256_hex(buf_text(buf), buf->size, ret_hex);
}

/* ---- lists in no order ---- */

void canonical_items_done(CanonicalItems *items)
{
    buf_done(&items->bytes);
    free(items->items);
    *items = (CanonicalItems){0};
}

/* Ends an entry that begins at `start` of the bytes. */
static void canonical_items_end(CanonicalItems *items, size_t start)
{
    if (mem_grow(&items->items, &items->capacity, items->count + 1, sizeof(*items->items)) < 0) {
        buf_fail(&items->bytes);
        return;
    }
    items->items[items->count++] =
        (CanonicalItem){.start = start, .size = items->bytes.size - start};
}

void canonical_items_add(CanonicalItems *items, const Schema *schema, uint32_t keys,
                         const void *target)
{
    size_t start = items->bytes.size;

    canonical_put(&items->bytes, schema, keys, target);
    canonical_items_end(items, start);
}

void canonical_items_add_bytes(CanonicalItems *items, const void *bytes, size_t size)
{
    size_t start = items->bytes.size;

    buf_append(&items->bytes, bytes, size);
    canonical_items_end(items, start);
}

static int canonical_compare(const void *left, const void *right, void *bytes)
{
    const CanonicalItem *a = left, *b = right;
    const char *start = bytes;
    int r = memcmp(start + a->start, start + b->start, a->size < b->size ? a->size : b->size);

    return r != 0 ? r : (a->size > b->size) - (a->size < b->size);
}

void canonical_items_put(Buf *buf, CanonicalItems *items)
{
    if (buf_failed(&items->bytes) < 0) {
        buf_fail(buf);
        return;
    }
    if (items->count > 1)
        qsort_r(items->items, items->count, sizeof(*items->items), canonical_compare,
                items->bytes.data);
    canonical_put_number(buf, items->count);
    for (size_t i = 0; i < items->count; i++) {
        canonical_put_number(buf, items->items[i].size);
        buf_append(buf, items->bytes.data + items->items[i].start, items->items[i].size);
    }
}
