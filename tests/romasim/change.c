/* SPDX-License-Identifier: MIT */
/* The one way in which members come, change and go while the service runs. */
#include "tests/romasim/change.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/effects.h"

static bool equals(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

Target change_target(const Member *m)
{
    return (Target){.weight = m->weight,
                    .status = m->status,
                    .is_backup = m->is_backup,
                    .ecs_name = m->ecs_name};
}

bool change_is_none(const Member *m, const Target *target)
{
    return m->weight == target->weight && m->status == target->status &&
           m->is_backup == target->is_backup && equals(m->ecs_name, target->ecs_name);
}

void change_update(Request *r, Channel *c, Member *m, const Target *target)
{
    char *fields = alloc_format("%s%s%s%s", m->weight != target->weight ? "weight," : "",
                                m->status != target->status ? "status," : "",
                                m->is_backup != target->is_backup ? "is_backup," : "",
                                !equals(m->ecs_name, target->ecs_name) ? "ecs_name," : "");
    size_t len = strlen(fields);

    if (len > 0) {
        fields[len - 1] = '\0';
        if (r)
            model_show_old(c, m, c->instance->settings.eventual_update_msec);
    }
    m->weight = target->weight;
    m->is_backup = target->is_backup;
    if (!equals(m->ecs_name, target->ecs_name)) {
        free(m->ecs_name);
        m->ecs_name = alloc_copy(target->ecs_name);
    }
    model_set_status(c, m, target->status);
    effects_note(r, c, m, EFFECT_UPDATE, fields);
    free(fields);
}

void change_switch(Request *r, Channel *c, Member *m, int status)
{
    if (r && m->status != status)
        model_show_old(c, m, c->instance->settings.eventual_switch_msec);
    model_set_status(c, m, status);
    effects_note(r, c, m, status == 1 ? EFFECT_ENABLE : EFFECT_DISABLE, NULL);
}

void change_add(Request *r, Channel *c, Member *m)
{
    model_add_member(c, m);
    if (r)
        model_hide(c, m, c->instance->settings.eventual_add_msec);
    effects_note(r, c, m, EFFECT_ADD, NULL);
}

void change_remove(Request *r, Channel *c, Member *m)
{
    effects_note(r, c, m, EFFECT_DELETE, NULL);
    model_remove_member(c, m, r != NULL);
}

void change_weigh_group(Request *r, Channel *c, const Group *g)
{
    const int weight = model_group_weight(c, g);

    for (size_t i = 0; i < c->n_members; i++) {
        Member *m = c->members[i];
        Target target = change_target(m);

        target.weight = weight;
        if (weight >= 0 && m->ghost_until_msec == 0 && strcmp(m->group, g->name) == 0 &&
            !change_is_none(m, &target))
            change_update(r, c, m, &target);
    }
}
