/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/model.h"

/* One row of a member list, with raw and omit of the state file applied. `listed`: as lists show
 * it, which may be late; else as it is. */
void render_member(Text *t, const Channel *c, const Member *m, bool listed);

void render_group(Text *t, const Channel *c, const Group *g);

/* A channel's row; in details with its members. */
void render_channel(Text *t, Channel *c, bool details);

void render_instance(Text *t, const Instance *i);

/* What the instance may hold and holds. */
void render_configs(Text *t, const Instance *i);
