/* SPDX-License-Identifier: MIT */
/* The settings' `instances`: where each is, and how its requests are authorised. */
#pragma once

#include "config/build.h"

/* The keys of one instance. */
extern const Schema instances_schema;

/* Reads the map of instances into the Build and reports every mistake in it, also two that are the
 * same. The names are known to the Build afterwards, even of instances with mistakes. */
void instances_read(Build *build, Reader *reader, const Node *map);

/* The index of an instance by its name; SIZE_MAX when there is none. */
size_t instances_find(const Build *build, const char *name);
