/* SPDX-License-Identifier: MIT */
#include "daemon/json/json_shape.h"

#include <errno.h>
#include <string.h>

#include "daemon/json/json_quick.h"

_Static_assert(JSON_SHAPE_TEXT_SIZE == JSON_BLOCK_SIZE, "a slot is compared at once");

/* The names of one object so far, from the first on that is not as it was in the one before. */
typedef struct JsonNames {
    JsonSpan names[JSON_NAMES_MAX];
    size_t count;
    bool differs;
} JsonNames;

/* Whether what is next stands in the slot. */
static inline bool json_shape_fits(const JsonShapeSlot *slot, const char *at, const char *end)
{
    return end - at >= JSON_BLOCK_SIZE && slot->size > 0 &&
           json_block_begins(at, slot->text, slot->size);
}

static void json_shape_keep(JsonShapeSlot *slot, const char *start, const char *end,
                            const JsonSpan *name)
{
    size_t size = (size_t)(end - start);

    slot->size = 0;
    if (size > JSON_SHAPE_TEXT_SIZE)
        return;
    memcpy(slot->text, start, size);
    slot->size = (uint8_t)size;
    slot->name_start = (uint8_t)(name->start - start);
    slot->name_size = (uint8_t)name->size;
}

static uint8_t json_shape_find(const JsonShape *shape, const JsonSpan *name)
{
    for (size_t i = 0; i < shape->wanted_count; i++) {
        if (json_span_is(name, shape->wanted[i]))
            return (uint8_t)i;
    }
    return JSON_SHAPE_UNWANTED;
}

/* Those that fitted are as in the slots. */
static void json_shape_differs(const JsonShape *shape, size_t index, JsonNames *names)
{
    for (size_t i = 0; i < index; i++) {
        const JsonShapeSlot *slot = &shape->slots[i];

        names->names[i] =
            (JsonSpan){slot->text + slot->name_start, slot->name_size, JSON_STRING, false};
    }
    names->count = index;
    names->differs = true;
}

/* Reads the name with that index, which must not be one of those before, into its slot. */
static int json_shape_learn(JsonShape *shape, JsonPull *pull, size_t index, JsonNames *names)
{
    JsonShapeSlot *slot = &shape->slots[index];
    const char *start = pull->at;
    JsonSpan name;
    char unused;
    int r = json_pull_name(pull, &name);

    if (r == 0)
        r = json_pull_peek(pull, &unused);
    if (r < 0)
        return r;
    if (!names->differs)
        json_shape_differs(shape, index, names);
    for (size_t i = 0; i < index; i++) {
        if (json_span_equal(&names->names[i], &name))
            return -EPROTO;
    }
    names->names[index] = name;
    json_shape_keep(slot, start, pull->at, &name);
    slot->wanted = json_shape_find(shape, &name);
    shape->slot_count = index + 1;
    return 0;
}

/* Where one object is read. */
typedef struct JsonPlace {
    size_t index; /* of the member that is next */
    bool is_end;  /* there is none: the bracket was read */
} JsonPlace;

/* Reads the members that are as in the object before, as long as their values are quick to read.
 * Returns where the next one begins. */
static const char *json_shape_follow(const JsonShape *shape, const char *at, const char *end,
                                     JsonPlace *place, JsonSpan *values)
{
    size_t i = place->index;

    for (; i < shape->slot_count; i++) {
        const JsonShapeSlot *slot = &shape->slots[i];
        JsonSpan unused;
        JsonSpan *value = slot->wanted == JSON_SHAPE_UNWANTED ? &unused : &values[slot->wanted];
        const char *next;

        if (!json_shape_fits(slot, at, end))
            break;
        next = json_quick_value(at + slot->size, end, value);
        if (!next || next == end || (*next != ',' && *next != '}'))
            break;
        at = next + 1;
        if (*next == '}') {
            place->is_end = true;
            break;
        }
    }
    place->index = i;
    return at;
}

/* Reads any member, and what stands behind it. */
static int json_shape_member(JsonShape *shape, JsonPull *pull, JsonPlace *place, JsonNames *names,
                             JsonSpan *values)
{
    size_t index = place->index++;
    const JsonShapeSlot *slot = &shape->slots[index];
    JsonSpan unused;
    char next;
    int r = 0;

    if (index == JSON_NAMES_MAX)
        return -EPROTO;
    if (!names->differs && index < shape->slot_count && json_shape_fits(slot, pull->at, pull->end))
        pull->at += slot->size;
    else
        r = json_shape_learn(shape, pull, index, names);
    if (r == 0)
        r = json_pull_value(pull,
                            slot->wanted == JSON_SHAPE_UNWANTED ? &unused : &values[slot->wanted]);
    if (r == 0)
        r = json_pull_peek(pull, &next);
    if (r < 0)
        return r;
    pull->at++;
    place->is_end = next == '}';
    return place->is_end || next == ',' ? 0 : -EPROTO;
}

static int json_shape_members(JsonShape *shape, JsonPull *pull, JsonSpan *values)
{
    JsonPlace place = {0};
    JsonNames names;
    int r = 0;

    names.differs = false;
    while (r == 0 && !place.is_end) {
        if (!names.differs)
            pull->at = json_shape_follow(shape, pull->at, pull->end, &place, values);
        if (!place.is_end)
            r = json_shape_member(shape, pull, &place, &names, values);
    }
    return r;
}

int json_shape_pull(JsonShape *shape, JsonPull *pull, JsonSpan *values)
{
    char next;
    int r = json_pull_expect(pull, '{');

    memset(values, 0, shape->wanted_count * sizeof(*values));
    if (r == 0)
        r = json_pull_peek(pull, &next);
    if (r < 0)
        return r;
    if (next == '}') {
        pull->at++;
        return 0;
    }
    pull->depth++;
    r = json_shape_members(shape, pull, values);
    pull->depth--;
    return r;
}
