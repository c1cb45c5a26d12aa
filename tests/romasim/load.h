/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/jsonget.h"
#include "tests/romasim/model.h"

/* Fills the model from the state file's "projects" and "instances". */
void load_model(JsonError *e, json_object *state);

/* A member as the state file and the admin interface describe it; NULL after a mistake.
 * The channel's groups must be known; the caller owns the member until it adds it. */
Member *load_member(JsonError *e, Channel *c, json_object *o);
