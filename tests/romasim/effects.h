/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

typedef enum EffectKind {
    EFFECT_ADD,
    EFFECT_UPDATE,
    EFFECT_ENABLE,
    EFFECT_DISABLE,
    EFFECT_DELETE,
    EFFECT_MAX,
} EffectKind;

/* Enters what became of a member that is still there (before a deletion, after anything else).
 * `r` is the request that did it, NULL: people. `fields` are the names that an update changed,
 * separated by commas; NULL elsewhere. */
void effects_note(Request *r, const Channel *c, const Member *m, EffectKind kind,
                  const char *fields);

/* {"effects":[...],"dropped":N}: the newest, in their order. */
void effects_render(Text *t);
void effects_clear(void);

/* How many of each kind, of requests and of people, as "effects":{...},"edits":{...}. */
void effects_render_counts(Text *t);
void effects_reset_counts(void);
