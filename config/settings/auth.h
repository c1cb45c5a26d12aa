/* SPDX-License-Identifier: MIT */
/* The `auth` of an instance. */
#pragma once

#include "config/config.h"
#include "config/schema/schema.h"
#include "config/settings/endpoint.h"

/* The keys of all methods together; they are read into Auth. */
extern const Schema auth_schema;

/* Reads it and reports every mistake: keys of another method, keys that the method needs. */
void auth_read(Reader *reader, const Node *map, Auth *ret_auth);

/* The canonical form of an endpoint, whose text stands at the node, in the reader's arena. NULL
 * where it is none, or memory ran out, which the problems tell. */
const char *auth_keep_endpoint(Reader *reader, const Node *node, const char *text, EndpointUse use);

/* Replaces an endpoint by its canonical form, or reports what is wrong with it. `map` holds `key`,
 * whose text it was; NULL is left alone. */
void auth_canonical_endpoint(Reader *reader, const Node *map, const char *key, EndpointUse use,
                             const char **endpoint);
