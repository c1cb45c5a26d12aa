/* SPDX-License-Identifier: MIT */
/*
 * JSON read where it stands: values are spans of the text, and nothing is allocated. The grammar is
 * that of RFC 8259 with nothing besides, in UTF-8 (RFC 3629), with each name once in its object and
 * JSON_DEPTH_MAX levels at most.
 *
 * This is the quick way, for texts that are long and well-formed. Whatever it does not take is for
 * json_parser.h to judge and to word, which takes a little more: names with escapes, halves of
 * surrogate pairs, numbers of 19 digits, objects of more than JSON_NAMES_MAX names. What it does
 * take, json_parser.h takes too, and reads as the same.
 *
 * All functions return 0, or -EAGAIN where the text ends too early: it may go on, and what was
 * begun is to be read again from its start then; or -EPROTO for what is not taken. Where `at`
 * stands after an error tells nothing.
 */
#pragma once

#include "daemon/json/json_parser.h"
#include "daemon/json/json_span.h"

#define JSON_NAMES_MAX 32

typedef struct JsonPull {
    const char *at; /* what is read next */
    const char *end;
    unsigned int depth; /* how many objects and arrays are around it */
} JsonPull;

/* The next byte that is no white space, which stays to be read. */
int json_pull_peek(JsonPull *pull, char *ret_byte);

/* Reads that byte, where it is next behind white space. */
int json_pull_expect(JsonPull *pull, char byte);

/* Reads one value of any kind, behind white space. A number at the text's end may go on. */
int json_pull_value(JsonPull *pull, JsonSpan *ret_value);

/* Reads a name, which stands behind white space, and its colon. */
int json_pull_name(JsonPull *pull, JsonSpan *ret_name);
