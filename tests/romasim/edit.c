/* SPDX-License-Identifier: MIT */
/* Changes behind the client's back, as people make them: at once, whatever else is under way. */
#include "tests/romasim/edit.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/change.h"
#include "tests/romasim/load.h"
#include "tests/romasim/model.h"

/* Adding what is there already changes nothing, unless the test insists by giving an id or a raw
 * row. */
static void add(JsonError *e, Channel *c, json_object *o)
{
    Member *m = load_member(e, c, o);
    const char *address;

    if (!m)
        return;
    address = c->is_ecs ? m->ecs_id : m->host;
    if (!m->odd && !jsonget_has(o, "id") && address &&
        model_find_address(c, m->group, address, m->port))
        model_free_member(m);
    else
        change_add(NULL, c, m);
}

static bool is_called(const Channel *c, const Member *m, const char *name)
{
    char *with_port;
    bool same;

    if (m->ghost_until_msec != 0)
        return false;
    if (strcmp(m->id, name) == 0 || (m->host && strcmp(m->host, name) == 0) ||
        (m->ecs_id && strcmp(m->ecs_id, name) == 0))
        return true;
    with_port = alloc_format("%s:%d", m->host ? m->host : "", model_port(c, m->port));
    same = strcmp(with_port, name) == 0;
    free(with_port);
    return same;
}

static const char *name_of(JsonError *e, json_object *o)
{
    if (json_object_is_type(o, json_type_string))
        return json_object_get_string(o);
    jsonget_fail(e, "a member must be called by its host, host:port, ecs_id or id");
    return "";
}

static void remove_called(JsonError *e, Channel *c, json_object *o)
{
    const char *name = name_of(e, o);

    for (size_t i = c->n_members; i-- > 0;)
        if (is_called(c, c->members[i], name))
            change_remove(NULL, c, c->members[i]);
}

static void switch_called(JsonError *e, Channel *c, json_object *o, int status)
{
    const char *name = name_of(e, o);

    for (size_t i = 0; i < c->n_members; i++)
        if (is_called(c, c->members[i], name))
            change_switch(NULL, c, c->members[i], status);
}

static void enable(JsonError *e, Channel *c, json_object *o)
{
    switch_called(e, c, o, 1);
}

static void disable(JsonError *e, Channel *c, json_object *o)
{
    switch_called(e, c, o, 2);
}

/* {"member": name, and the fields to change}. */
static void edit(JsonError *e, Channel *c, json_object *o)
{
    static const char *const keys[] = {"member", "weight", "status", "is_backup", "ecs_name", NULL};
    const char *name = jsonget_string(e, o, "member");

    jsonget_only(e, o, "an edit of a member", keys);
    for (size_t i = 0; name && !e->text && i < c->n_members; i++) {
        Member *m = c->members[i];
        Target target = change_target(m);

        if (!is_called(c, m, name))
            continue;
        target.weight = jsonget_int(e, o, "weight", target.weight);
        target.status = jsonget_int(e, o, "status", target.status);
        target.is_backup = jsonget_bool(e, o, "is_backup", target.is_backup);
        if (jsonget_has(o, "ecs_name"))
            target.ecs_name = jsonget_string(e, o, "ecs_name");
        change_update(NULL, c, m, &target);
    }
}

/* {"member_group_name", "member_group_weight"}: made where it is missing; -1 is no weight. */
static void weigh(JsonError *e, Channel *c, json_object *o)
{
    static const char *const keys[] = {"member_group_name", "member_group_weight", NULL};
    const char *name = jsonget_string(e, o, "member_group_name");
    Group *g;

    jsonget_only(e, o, "a member group", keys);
    if (!name) {
        jsonget_fail(e, "a member group has no member_group_name");
        return;
    }
    g = model_find_group(c, name);
    g = g ? g : model_add_group(c, name);
    g->weight = jsonget_int(e, o, "member_group_weight", g->weight);
    change_weigh_group(NULL, c, g);
}

typedef struct Action {
    const char *key, *after; /* in an edit, and behind a request */
    void (*act)(JsonError *e, Channel *c, json_object *what);
} Action;

/* In the order in which they happen. */
static const Action actions[] = {
    {"remove", "remove_member", remove_called},
    {"groups", "set_group", weigh},
    {"add", "add_member", add},
    {"edit", "edit_member", edit},
    {"enable", "enable_member", enable},
    {"disable", "disable_member", disable},
};

#define N_ACTIONS (sizeof(actions) / sizeof(actions[0]))

static Channel *channel_of(JsonError *e, json_object *o)
{
    const char *name = jsonget_string(e, o, "channel");
    Channel *c = name ? model_find_channel(name) : NULL;

    if (!c)
        jsonget_fail(e, "no such channel: %s", name ? name : "(none)");
    return c;
}

void edit_members(JsonError *e, json_object *o)
{
    static const char *const keys[] = {"channel", "add",     "remove", "edit",
                                       "enable",  "disable", "groups", NULL};
    Channel *c = channel_of(e, o);

    jsonget_only(e, o, "an edit", keys);
    for (size_t i = 0; c && !e->text && i < N_ACTIONS; i++) {
        json_object *list = jsonget_array(e, o, actions[i].key);

        for (size_t j = 0; j < jsonget_length(list); j++)
            actions[i].act(e, c, json_object_array_get_idx(list, j));
    }
    if (c) {
        model_changed(c);
        model_settle(c);
    }
}

/* {"channel": C, "member" or "group": what the action wants}. */
static void act(JsonError *e, const Action *action, json_object *o)
{
    const char *key = action->act == weigh ? "group" : "member";
    const char *const keys[] = {"channel", key, NULL};
    Channel *c = channel_of(e, o);
    json_object *what = NULL;

    jsonget_only(e, o, action->after, keys);
    if (!json_object_object_get_ex(o, key, &what) || !what)
        jsonget_fail(e, "%s needs a %s", action->after, key);
    if (!c || e->text)
        return;
    action->act(e, c, what);
    model_changed(c);
    model_settle(c);
}

void edit_after(JsonError *e, json_object *o)
{
    static const char *const keys[] = {
        "remove_member", "set_group",      "add_member", "edit_member",
        "enable_member", "disable_member", NULL};

    jsonget_only(e, o, "after", keys);
    for (size_t i = 0; i < N_ACTIONS; i++) {
        json_object *what = NULL;

        if (!json_object_object_get_ex(o, actions[i].after, &what))
            continue;
        if (!json_object_is_type(what, json_type_array)) {
            act(e, &actions[i], what);
            continue;
        }
        for (size_t j = 0; j < json_object_array_length(what); j++)
            act(e, &actions[i], json_object_array_get_idx(what, j));
    }
}
