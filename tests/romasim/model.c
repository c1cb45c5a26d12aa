/* SPDX-License-Identifier: MIT */
/* The imaginary service's things: instances, channels, groups, members; finding and changing them.
 */
#include "tests/romasim/model.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/timing.h"

Model model;

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

char *model_new_id(void)
{
    static uint64_t serial;

    serial++;
    return alloc_format("%016llx%016llx", (unsigned long long)mix(serial),
                        (unsigned long long)mix(serial ^ 0x5deece66du << 20));
}

char *model_now(void)
{
    char text[32];

    timing_rfc3339(timing_wall(), text, sizeof(text));
    return alloc_copy(text);
}

Instance *model_find_instance(const char *id)
{
    for (size_t i = 0; i < model.n_instances; i++)
        if (strcmp(model.instances[i]->id, id) == 0)
            return model.instances[i];
    return NULL;
}

bool model_has_project(const char *id)
{
    for (size_t i = 0; i < model.n_projects; i++)
        if (strcmp(model.projects[i].id, id) == 0)
            return true;
    for (size_t i = 0; i < model.n_instances; i++)
        if (strcmp(model.instances[i]->project_id, id) == 0)
            return true;
    return false;
}

Channel *model_find_channel(const char *id_or_name)
{
    for (size_t i = 0; i < model.n_instances; i++) {
        Channel *c = map_find(&model.instances[i]->by_id, id_or_name);

        if (c)
            return c;
    }
    for (size_t i = 0; i < model.n_instances; i++)
        for (size_t j = 0; j < model.instances[i]->n_channels; j++)
            if (strcmp(model.instances[i]->channels[j]->name, id_or_name) == 0)
                return model.instances[i]->channels[j];
    return NULL;
}

Group *model_find_group(const Channel *c, const char *name)
{
    for (size_t i = 0; i < c->n_groups; i++)
        if (strcmp(c->groups[i].name, name) == 0)
            return &c->groups[i];
    return NULL;
}

Group *model_find_group_by_id(const Channel *c, const char *id)
{
    for (size_t i = 0; i < c->n_groups; i++)
        if (strcmp(c->groups[i].id, id) == 0)
            return &c->groups[i];
    return NULL;
}

Member *model_find_member(const Channel *c, const char *id)
{
    Member *m = map_find(&c->by_id, id);

    return m && m->ghost_until_msec == 0 ? m : NULL;
}

Member *model_find_address(const Channel *c, const char *group, const char *host, int port)
{
    for (size_t i = 0; i < c->n_members; i++) {
        Member *m = c->members[i];
        const char *address = c->is_ecs ? m->ecs_id : m->host;

        if (m->ghost_until_msec == 0 && model_port(c, m->port) == model_port(c, port) && address &&
            strcmp(address, host) == 0 && strcmp(m->group, group) == 0)
            return m;
    }
    return NULL;
}

Channel *model_add_channel(Instance *i, Channel *c)
{
    i->channels = alloc_grow(i->channels, i->n_channels, &i->cap_channels, sizeof(*i->channels));
    i->channels[i->n_channels++] = c;
    c->instance = i;
    map_set(&i->by_id, c->id, c);
    return c;
}

Group *model_add_group(Channel *c, const char *name)
{
    Group *g;

    c->groups = alloc_resize(c->groups, c->n_groups + 1, sizeof(*c->groups));
    g = &c->groups[c->n_groups++];
    *g = (Group){
        .id = model_new_id(), .name = alloc_copy(name), .create_time = model_now(), .weight = -1};
    return g;
}

void model_changed(Channel *c)
{
    for (size_t i = 0; i < c->n_pages; i++)
        blob_unref(c->pages[i].body);
    c->n_pages = 0;
}

void model_add_member(Channel *c, Member *m)
{
    c->members = alloc_grow(c->members, c->n_members, &c->cap_members, sizeof(*c->members));
    c->members[c->n_members++] = m;
    map_set(&c->by_id, m->id, m);
    c->n_in_service += m->status == 1;
    model_changed(c);
}

static void free_shown(Shown *shown)
{
    if (shown)
        free(shown->ecs_name);
    free(shown);
}

void model_free_member(Member *m)
{
    free(m->id);
    free(m->host);
    free(m->ecs_id);
    free(m->ecs_name);
    free(m->group);
    free(m->create_time);
    json_object_put(m->odd);
    free_shown(m->shown);
    free(m);
}

static void drop(Channel *c, size_t at)
{
    Member *m = c->members[at];

    memmove(&c->members[at], &c->members[at + 1], (c->n_members - at - 1) * sizeof(*c->members));
    c->n_members--;
    if (map_find(&c->by_id, m->id) == m)
        map_remove(&c->by_id, m->id);
    c->n_late -= m->hidden_until_msec != 0 || m->shown;
    model_free_member(m);
}

void model_remove_member(Channel *c, Member *m, bool lagging)
{
    const int msec = c->instance->settings.eventual_msec;

    model_changed(c);
    c->n_in_service -= m->status == 1;
    if (lagging && msec > 0 && m->hidden_until_msec == 0) {
        m->ghost_until_msec = timing_now_msec() + (uint64_t)msec;
        c->n_ghosts++;
        return;
    }
    for (size_t i = 0; i < c->n_members; i++) {
        if (c->members[i] == m) {
            drop(c, i);
            return;
        }
    }
}

void model_set_status(Channel *c, Member *m, int status)
{
    c->n_in_service -= m->status == 1;
    m->status = status;
    c->n_in_service += m->status == 1;
    model_changed(c);
}

void model_show_old(Channel *c, Member *m, int msec)
{
    if (msec <= 0)
        return;
    c->n_late += m->hidden_until_msec == 0 && !m->shown;
    if (!m->shown) {
        m->shown = alloc_zero(1, sizeof(*m->shown));
        *m->shown = (Shown){.ecs_name = alloc_copy(m->ecs_name),
                            .weight = m->weight,
                            .status = m->status,
                            .is_backup = m->is_backup};
    }
    m->shown->until_msec = timing_now_msec() + (uint64_t)msec;
}

void model_hide(Channel *c, Member *m, int msec)
{
    if (msec <= 0)
        return;
    c->n_late += m->hidden_until_msec == 0 && !m->shown;
    m->hidden_until_msec = timing_now_msec() + (uint64_t)msec;
}

/* Shows what its time has come for. */
static void show(Channel *c, Member *m, uint64_t now)
{
    const bool comes = m->hidden_until_msec != 0 && m->hidden_until_msec <= now;
    const bool changes = m->shown && m->shown->until_msec <= now;

    if (comes)
        m->hidden_until_msec = 0;
    if (changes) {
        free_shown(m->shown);
        m->shown = NULL;
    }
    if (!comes && !changes)
        return;
    c->n_late -= m->hidden_until_msec == 0 && !m->shown;
    model_changed(c);
}

void model_catch_up(Channel *c)
{
    bool any = c->n_ghosts > 0 || c->n_late > 0;
    uint64_t now = any ? timing_now_msec() : 0;

    for (size_t i = c->n_members; any && i-- > 0;) {
        Member *m = c->members[i];

        show(c, m, now);
        if (m->ghost_until_msec == 0 || m->ghost_until_msec > now)
            continue;
        drop(c, i);
        c->n_ghosts--;
        model_changed(c);
    }
}

int model_port(const Channel *c, int port)
{
    return port > 0 ? port : c->port;
}

int model_quota(const Channel *c)
{
    return c->quota >= 0 ? c->quota : c->instance->settings.quota;
}

int model_group_weight(const Channel *c, const Group *g)
{
    int least = c->instance->settings.zero_is_weight ? 0 : 1;

    return g && g->weight >= least ? g->weight : -1;
}

void model_settle(Channel *c)
{
    c->had_effects = true;
    if (c->n_in_service < c->least_in_service)
        c->least_in_service = c->n_in_service;
}

void model_reset_least(void)
{
    for (size_t i = 0; i < model.n_instances; i++) {
        for (size_t j = 0; j < model.instances[i]->n_channels; j++) {
            Channel *c = model.instances[i]->channels[j];

            c->least_in_service = c->n_in_service;
            c->had_effects = false;
        }
    }
}

bool model_is_reference(const Channel *c)
{
    if (c->vpc_channel_type && strcmp(c->vpc_channel_type, "reference") == 0)
        return true;
    for (size_t i = 0; i < c->n_groups; i++)
        if (c->groups[i].reference_channel && c->groups[i].reference_channel[0])
            return true;
    return false;
}
