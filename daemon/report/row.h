/* SPDX-License-Identifier: MIT */
/*
 * Reading the JSON of reports and of the daemon's answers for people. Whatever an object holds,
 * each of these gives something that can be shown: a key that is missing, or is of another type, is
 * none.
 */
#pragma once

#include "daemon/json/json_value.h"
#include "reconcile/plan/identity.h"

#define ROW_MEMBER_SIZE IDENTITY_TEXT_SIZE
#define ROW_NAME_SIZE 512 /* of row_channel()'s text; a longer one is cut */

/* The value as text, borrowed; "" where there is none. */
const char *row_text(const Json *object, const char *key);

/* A whole number; 0 where there is none. */
uint64_t row_number(const Json *object, const char *key);
bool row_is_true(const Json *object, const char *key);

/* The elements of the array at a key. */
size_t row_count(const Json *object, const char *key);
Json *row_at(const Json *object, const char *key, size_t index);

/* Rows of a list of a channel that are not shown but counted, under "more" (list_json.h): all, and
 * those that have an outcome. */
size_t row_more(const Json *channel, const char *list);
size_t row_more_of(const Json *channel, const char *list, const char *outcome);

/* All rows of it, shown or not; and those that have an outcome. */
size_t row_total(const Json *channel, const char *list);
size_t row_total_of(const Json *channel, const char *list, const char *outcome);

/* "instance/name", or "instance/id" where the name is not known. Returns the text. */
const char *row_channel(const Json *channel, char *ret_text, size_t size);

/* A member as people write it, of our own keys or of the service's. */
void row_member(const Json *member, char ret_text[static ROW_MEMBER_SIZE]);

/* How a channel is paused, by its own pause or a wider one: "paused with all instances". */
const char *row_pause(const Json *pause);

/* Whether an instance or a channel is another host's, or nobody's: of a fleet. */
bool row_is_elsewhere(const Json *object);

/* Whether a channel was read whole in its last pass. */
bool row_was_read(const Json *channel);
