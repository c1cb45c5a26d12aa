/* SPDX-License-Identifier: MIT */
/* Changes behind the client's back, as people make them: at once, whatever else is under way. */
#include "tests/romasim/edit.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
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
        model_add_member(c, m);
}

static bool is_called(const Member *m, const char *name)
{
    char *with_port;
    bool same;

    if (strcmp(m->id, name) == 0 || (m->host && strcmp(m->host, name) == 0) ||
        (m->ecs_id && strcmp(m->ecs_id, name) == 0))
        return true;
    with_port = alloc_format("%s:%d", m->host ? m->host : "", m->port);
    same = strcmp(with_port, name) == 0;
    free(with_port);
    return same;
}

static void remove_called(Channel *c, const char *name)
{
    for (size_t i = c->n_members; i-- > 0;)
        if (c->members[i]->ghost_until_msec == 0 && is_called(c->members[i], name))
            model_remove_member(c, c->members[i], false);
}

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
    static const char *const keys[] = {"channel", "add", "remove", NULL};
    Channel *c = channel_of(e, o);
    json_object *list;

    jsonget_only(e, o, "an edit", keys);
    if (!c)
        return;
    list = jsonget_array(e, o, "remove");
    for (size_t i = 0; i < jsonget_length(list); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(list, i));

        if (name)
            remove_called(c, name);
    }
    list = jsonget_array(e, o, "add");
    for (size_t i = 0; i < jsonget_length(list); i++)
        add(e, c, json_object_array_get_idx(list, i));
}

static void act(JsonError *e, json_object *o, bool adds)
{
    Channel *c = channel_of(e, o);
    const char *name;

    if (!c)
        return;
    if (adds) {
        add(e, c, jsonget_object(e, o, "member"));
    } else {
        name = jsonget_string(e, o, "member");
        if (name)
            remove_called(c, name);
    }
}

static void act_all(JsonError *e, json_object *o, const char *key, bool adds)
{
    json_object *what = NULL;

    if (!json_object_object_get_ex(o, key, &what))
        return;
    if (!json_object_is_type(what, json_type_array)) {
        act(e, what, adds);
        return;
    }
    for (size_t i = 0; i < json_object_array_length(what); i++)
        act(e, json_object_array_get_idx(what, i), adds);
}

void edit_after(JsonError *e, json_object *o)
{
    static const char *const keys[] = {"add_member", "remove_member", NULL};

    jsonget_only(e, o, "after", keys);
    act_all(e, o, "remove_member", false);
    act_all(e, o, "add_member", true);
}
