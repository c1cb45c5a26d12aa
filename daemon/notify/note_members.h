/* SPDX-License-Identifier: MIT */
/* The members that a notice names: some of them, and how many there are. */
#pragma once

#include "daemon/json/json_writer.h"
#include "daemon/notify/note.h"

/* Appends a line for each of the first NOTE_MEMBERS_MAX, and puts "members" and "members_left_out".
 */
void note_members_put(const Note *note, Buf *lines, JsonWriter *writer);
