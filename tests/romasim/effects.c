/* SPDX-License-Identifier: MIT */
/* What became of members, by whom and in which order, for tests that judge a whole run. */
#include "tests/romasim/effects.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"

#define EFFECTS_MAX 65536u

typedef struct Effect {
    uint64_t request; /* its number in the log; 0: people */
    char *text;       /* the members of its object but for the request */
} Effect;

static const char *const kinds[EFFECT_MAX] = {[EFFECT_ADD] = "add",
                                              [EFFECT_UPDATE] = "update",
                                              [EFFECT_ENABLE] = "enable",
                                              [EFFECT_DISABLE] = "disable",
                                              [EFFECT_DELETE] = "delete"};

static Effect *effects;
static uint64_t n_effects, n_cleared;
static unsigned long counts[2][EFFECT_MAX]; /* of people, of requests */

static void add_string(Text *t, const char *name, const char *value)
{
    text_addf(t, ",\"%s\":", name);
    text_add_json(t, value);
}

static void add_fields(Text *t, const char *fields)
{
    text_add(t, ",\"fields\":[");
    while (fields && *fields) {
        size_t len = strcspn(fields, ",");

        text_addf(t, "\"%.*s\"", (int)len, fields);
        fields += len + (fields[len] == ',');
        text_add(t, *fields ? "," : "");
    }
    text_add(t, "]");
}

void effects_note(Request *r, const Channel *c, const Member *m, EffectKind kind,
                  const char *fields)
{
    Effect *effect;
    Text t = {0};

    if (!effects)
        effects = alloc_zero(EFFECTS_MAX, sizeof(*effects));
    text_addf(&t, "\"kind\":\"%s\"", kinds[kind]);
    add_string(&t, "channel", c->id);
    add_string(&t, "member", m->id);
    add_string(&t, c->is_ecs ? "ecs_id" : "host", c->is_ecs ? m->ecs_id : m->host);
    text_addf(&t, ",\"port\":%d", model_port(c, m->port));
    add_string(&t, "group", m->group);
    if (kind == EFFECT_UPDATE)
        add_fields(&t, fields);
    effect = &effects[n_effects++ % EFFECTS_MAX];
    free(effect->text);
    *effect = (Effect){.request = r ? r->log_number : 0, .text = t.data};
    counts[r != NULL][kind]++;
    if (r)
        text_addf(&r->effects, "%s{%s}", r->effects.len > 0 ? "," : "", t.data);
}

void effects_render(Text *t)
{
    uint64_t first = n_effects > EFFECTS_MAX ? n_effects - EFFECTS_MAX : 0;

    first = first < n_cleared ? n_cleared : first;
    text_addf(t, "{\"dropped\":%llu,\"effects\":[", (unsigned long long)(first - n_cleared));
    for (uint64_t n = first; n < n_effects; n++) {
        const Effect *effect = &effects[n % EFFECTS_MAX];

        text_add(t, n > first ? ",{\"request\":" : "{\"request\":");
        if (effect->request > 0)
            text_add_int(t, (long long)effect->request);
        else
            text_add(t, "null");
        text_addf(t, ",%s}", effect->text);
    }
    text_add(t, "]}");
}

void effects_clear(void)
{
    n_cleared = n_effects;
}

static void render_counts(Text *t, const char *name, const unsigned long *of)
{
    text_addf(t, "\"%s\":{", name);
    for (int kind = 0; kind < EFFECT_MAX; kind++)
        text_addf(t, "%s\"%s\":%lu", kind > 0 ? "," : "", kinds[kind], of[kind]);
    text_add(t, "}");
}

void effects_render_counts(Text *t)
{
    render_counts(t, "effects", counts[1]);
    text_add(t, ",");
    render_counts(t, "edits", counts[0]);
}

void effects_reset_counts(void)
{
    memset(counts, 0, sizeof(counts));
}
