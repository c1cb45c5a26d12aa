/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/model.h"

/* One row of a member list, with raw and omit of the state file applied. */
void render_member(Text *t, const Channel *c, const Member *m);

void render_group(Text *t, const Group *g);

/* A channel's row; in details with its members. */
void render_channel(Text *t, Channel *c, bool details);

void render_instance(Text *t, const Instance *i);
