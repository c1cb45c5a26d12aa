/* SPDX-License-Identifier: MIT */
/* The state file's things become the model: what is left out gets the service's default. */
#include "tests/romasim/load.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/generate.h"

static const char *const member_keys[] = {
    "id",     "host",      "port",   "weight",   "member_group_name",
    "status", "is_backup", "ecs_id", "ecs_name", "create_time",
    "raw",    "omit",      NULL};
static const char *const group_keys[] = {"member_group_id",          "member_group_name",
                                         "member_group_weight",      "member_group_remark",
                                         "reference_vpc_channel_id", NULL};
static const char *const channel_keys[] = {"id",
                                           "name",
                                           "port",
                                           "member_type",
                                           "vpc_channel_type",
                                           "type",
                                           "balance_strategy",
                                           "status",
                                           "member_groups",
                                           "members",
                                           "create_time",
                                           "quota",
                                           "raw",
                                           "omit",
                                           NULL};
static const char *const instance_keys[] = {"prefix",   "project_id", "instance_id", "status",
                                            "channels", "generate",   NULL};
static const char *const project_keys[] = {"id", "name", NULL};

/* The object itself when its rows must be made odd, else NULL. */
static json_object *odd_of(JsonError *e, json_object *o)
{
    json_object *raw = jsonget_object(e, o, "raw");
    json_object *omit = jsonget_array(e, o, "omit");

    for (size_t i = 0; i < jsonget_length(omit); i++)
        if (!json_object_is_type(json_object_array_get_idx(omit, i), json_type_string))
            jsonget_fail(e, "omit must be a list of names");
    return raw || omit ? json_object_get(o) : NULL;
}

Member *load_member(JsonError *e, Channel *c, json_object *o)
{
    Member *m = alloc_zero(1, sizeof(*m));
    char *id, *now = model_now();
    int weight;

    jsonget_only(e, o, "a member", member_keys);
    id = jsonget_copy(e, o, "id", NULL);
    m->id = id ? id : model_new_id();
    m->host = jsonget_copy(e, o, "host", NULL);
    m->ecs_id = jsonget_copy(e, o, "ecs_id", NULL);
    m->ecs_name = jsonget_copy(e, o, "ecs_name", NULL);
    m->group = jsonget_copy(e, o, "member_group_name", "");
    m->create_time = jsonget_copy(e, o, "create_time", now);
    if (m->group[0] && !model_find_group(c, m->group))
        model_add_group(c, m->group);
    weight = model_group_weight(c, model_find_group(c, m->group));
    m->port = jsonget_int(e, o, "port", c->port);
    m->weight = jsonget_int(e, o, "weight", weight >= 0 ? weight : 1);
    m->status = jsonget_int(e, o, "status", 1);
    m->is_backup = jsonget_bool(e, o, "is_backup", false);
    m->odd = odd_of(e, o);
    free(now);
    if (!m->odd && !(c->is_ecs ? m->ecs_id : m->host))
        jsonget_fail(e, "a member of channel %s has no %s", c->name, c->is_ecs ? "ecs_id" : "host");
    if (e->text) {
        model_free_member(m);
        return NULL;
    }
    return m;
}

static void load_group(JsonError *e, Channel *c, json_object *o)
{
    const char *name;
    Group *g;
    char *id;

    jsonget_only(e, o, "a member group", group_keys);
    name = jsonget_string(e, o, "member_group_name");
    g = model_add_group(c, name ? name : "");
    id = jsonget_copy(e, o, "member_group_id", NULL);
    if (id) {
        free(g->id);
        g->id = id;
    }
    g->remark = jsonget_copy(e, o, "member_group_remark", NULL);
    g->weight = jsonget_int(e, o, "member_group_weight", -1);
    g->reference_channel = jsonget_copy(e, o, "reference_vpc_channel_id", NULL);
}

static void load_rows(JsonError *e, Channel *c, json_object *o)
{
    json_object *groups = jsonget_array(e, o, "member_groups");
    json_object *members = jsonget_array(e, o, "members");

    for (size_t i = 0; i < jsonget_length(groups); i++)
        load_group(e, c, json_object_array_get_idx(groups, i));
    for (size_t i = 0; i < jsonget_length(members); i++) {
        Member *m = load_member(e, c, json_object_array_get_idx(members, i));

        if (m)
            model_add_member(c, m);
    }
}

static void load_channel(JsonError *e, Instance *instance, json_object *o)
{
    Channel *c = alloc_zero(1, sizeof(*c));
    const char *member_type;
    char *id, *now = model_now();

    jsonget_only(e, o, "a channel", channel_keys);
    id = jsonget_copy(e, o, "id", NULL);
    c->id = id ? id : model_new_id();
    c->name = jsonget_copy(e, o, "name", c->id);
    c->create_time = jsonget_copy(e, o, "create_time", now);
    c->type = jsonget_int(e, o, "type", 2);
    c->vpc_channel_type =
        jsonget_copy(e, o, "vpc_channel_type", c->type == 3 ? "microservice" : "builtin");
    member_type = jsonget_string(e, o, "member_type");
    if (member_type && strcmp(member_type, "ip") != 0 && strcmp(member_type, "ecs") != 0)
        jsonget_fail(e, "member_type must be ip or ecs (set others by raw)");
    c->is_ecs = member_type && strcmp(member_type, "ecs") == 0;
    c->port = jsonget_int(e, o, "port", 80);
    c->balance_strategy = jsonget_int(e, o, "balance_strategy", 1);
    c->status = jsonget_int(e, o, "status", 1);
    c->quota = jsonget_int(e, o, "quota", -1);
    c->odd = odd_of(e, o);
    free(now);
    model_add_channel(instance, c);
    load_rows(e, c, o);
}

static void only_instance_keys(JsonError *e, json_object *o)
{
    if (!json_object_is_type(o, json_type_object)) {
        jsonget_fail(e, "an instance must be an object");
        return;
    }
    json_object_object_foreach(o, key, value)
    {
        (void)value;
        if (!settings_has(key) && !jsonget_is_listed(key, instance_keys))
            jsonget_fail(e, "unknown key %s in an instance", key);
    }
}

static void load_instance(JsonError *e, json_object *o)
{
    Instance *i = alloc_zero(1, sizeof(*i));
    json_object *channels, *generate;

    only_instance_keys(e, o);
    i->prefix = jsonget_copy(e, o, "prefix", "apic");
    i->project_id = jsonget_copy(e, o, "project_id", "0123456789abcdef0123456789abcdef");
    i->id = jsonget_copy(e, o, "instance_id", "6a7b8c9d-0000-4000-8000-000000000001");
    i->status = jsonget_copy(e, o, "status", "Running");
    settings_load(e, &i->settings, o);
    model.instances = alloc_grow(model.instances, model.n_instances, &model.cap_instances,
                                 sizeof(*model.instances));
    model.instances[model.n_instances++] = i;
    channels = jsonget_array(e, o, "channels");
    for (size_t j = 0; j < jsonget_length(channels); j++)
        load_channel(e, i, json_object_array_get_idx(channels, j));
    generate = jsonget_object(e, o, "generate");
    if (generate)
        generate_channels(e, i, generate);
}

void load_model(JsonError *e, json_object *state)
{
    json_object *projects = jsonget_array(e, state, "projects");
    json_object *instances = jsonget_array(e, state, "instances");

    for (size_t i = 0; i < jsonget_length(projects); i++) {
        json_object *o = json_object_array_get_idx(projects, i);
        Project *p;

        jsonget_only(e, o, "a project", project_keys);
        model.projects = alloc_grow(model.projects, model.n_projects, &model.cap_projects,
                                    sizeof(*model.projects));
        p = &model.projects[model.n_projects++];
        p->id = jsonget_copy(e, o, "id", "");
        p->name = jsonget_copy(e, o, "name", "");
    }
    for (size_t i = 0; i < jsonget_length(instances); i++)
        load_instance(e, json_object_array_get_idx(instances, i));
    model_reset_least();
}
