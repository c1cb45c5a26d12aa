/* SPDX-License-Identifier: MIT */
/* Rosters: who belongs to which channel. */
#pragma once

#include "config/build.h"

/* All keys of a roster file, which roster_read() reads by. */
extern const Schema roster_schema;

/* Reads the tree of a roster file: adds its channels to the Build and reports every mistake. */
void roster_read(Build *build, Reader *reader, const Node *root);

/* Reads a list of channels that stands in the settings themselves. */
void roster_read_in_settings(Build *build, Reader *reader, const Node *list);
