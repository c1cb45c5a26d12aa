/* SPDX-License-Identifier: MIT */
/* The settings' `instances`: where each is, and how its requests are authorised. */
#pragma once

#include "config/build.h"

#define INSTANCES_NAME_MAX 64U
/* What a name of an instance may be. */
#define INSTANCES_NAME_PATTERN "^[^\\u0000-\\u0020/\\u007f]{1,64}$"

/* The keys of one instance. */
extern const Schema instances_schema;

/* Reads the map of instances into the Build and reports every mistake in it, also two that are the
 * same. The names are known to the Build afterwards, even of instances with mistakes. */
void instances_read(Build *build, Reader *reader, const Node *map);

/* The index of an instance by its name; SIZE_MAX when there is none. */
size_t instances_find(const Build *build, const char *name);
