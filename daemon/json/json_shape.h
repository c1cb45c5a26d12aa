/* SPDX-License-Identifier: MIT */
/*
 * Objects that follow one another with the same names in the same order, as rows of a list do: what
 * stands between two values of one is what stood there in the one before, and need not be read but
 * compared.
 */
#pragma once

#include "daemon/json/json_pull.h"

#define JSON_SHAPE_TEXT_SIZE 32

/* What stands before a value: white space, its name and a colon. */
typedef struct JsonShapeSlot {
    char text[JSON_SHAPE_TEXT_SIZE];
    uint8_t size; /* 0: it is too long, and kept nowhere */
    uint8_t name_start, name_size;
    uint8_t wanted; /* index; JSON_SHAPE_UNWANTED */
} JsonShapeSlot;

#define JSON_SHAPE_UNWANTED UINT8_MAX

/* Starts as {.wanted = NAMES, .wanted_count = N}. */
typedef struct JsonShape {
    const char *const *wanted; /* names, N of them */
    size_t wanted_count;
    size_t slot_count;
    JsonShapeSlot slots[JSON_NAMES_MAX];
} JsonShape;

/* Reads an object behind white space: values[i] is that of the name wanted[i], JSON_NONE where
 * there is none. 0, -EAGAIN or -EPROTO as json_pull_value(). */
int json_shape_pull(JsonShape *shape, JsonPull *pull, JsonSpan *values);
