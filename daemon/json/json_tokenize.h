/* SPDX-License-Identifier: MIT */
/*
 * What json-c is given of a text, so that every release of it makes the same of it. json-c 0.18
 * refuses characters above U+007F where char is signed, and whole numbers that 64 bits do not hold;
 * older ones put such a number at the end of 64 bits that it is beyond, where the getters of
 * json_value.h take it for out of range.
 */
#pragma once

#include "daemon/json/json_parser.h"

/* How many bytes of it come before the first that is not in ASCII, or somewhat fewer. */
size_t json_measure_ascii(const char *text, size_t size);

/* Has the parser's tokener, which is reset, read a value at the text's start. The value, or NULL
 * and the tokener's error. *ret_used is how far it went. Give the value back with json_free(). */
Json *json_tokenize(JsonParser *parser, const char *text, size_t size, size_t *ret_used);
