/* SPDX-License-Identifier: MIT */
/* The members of a roster's channel, and the rules for those that are left alone. */
#pragma once

#include "config/config.h"
#include "config/schema/schema.h"

/* Reads the list of desired members into the reader's arena, reports every mistake and every member
 * that is listed twice (by value: group, address, port). */
void members_read(Reader *reader, const Node *list, RosterChannel *channel);

/* Reads the list of ignore rules likewise. */
void members_read_ignore(Reader *reader, const Node *list, RosterChannel *channel);
