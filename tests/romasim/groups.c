/* SPDX-License-Identifier: MIT */
/* Member groups (API.md section 1.9). */
#include "tests/romasim/groups.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/answer.h"
#include "tests/romasim/change.h"
#include "tests/romasim/jsonget.h"
#include "tests/romasim/listing.h"
#include "tests/romasim/render.h"

static const char *const group_keys[] = {"member_group_name", "member_group_weight",
                                         "member_group_remark", NULL};

/* NULL: it is answered. */
static Group *find(Request *r)
{
    Group *g = model_find_group_by_id(r->channel, r->member_id);

    if (!g)
        answer_error(r, 404, "APIG.3022", "The member group does not exist,id:%s", r->member_id);
    return g;
}

/* No group has one here. */
static bool has_dict_code(const Request *r)
{
    const char *wanted = request_parameter(r, "dict_code");

    return !wanted || !wanted[0];
}

void groups_list(Request *r)
{
    static const char *const precise[] = {"member_group_name", NULL};
    Text rows = {0}, t = {0};
    long total = 0, size = 0;
    Paging p;

    if (!listing_page(r, &p) || !listing_check_precise(r, precise))
        return;
    for (size_t i = 0; i < r->channel->n_groups; i++) {
        const Group *g = &r->channel->groups[i];

        if (!listing_fits(r, "member_group_name", g->name) || !has_dict_code(r))
            continue;
        if (total >= p.offset && size < p.limit) {
            if (size++ > 0)
                text_add(&rows, ",");
            render_group(&rows, r->channel, g);
        }
        total++;
    }
    text_addf(&t, "{\"total\":%ld,\"size\":%ld,\"member_groups\":[%s]}", total, size,
              rows.data ? rows.data : "");
    text_done(&rows);
    answer_json(r, 200, &t);
}

static void answer_group(Request *r, const Group *g)
{
    Text t = {0};

    render_group(&t, r->channel, g);
    answer_json(r, 200, &t);
}

void groups_show(Request *r)
{
    const Group *g = find(r);

    if (g)
        answer_group(r, g);
}

/* False: it is answered. */
static bool check(Request *r, json_object *o)
{
    JsonError e = {0};
    int weight;

    jsonget_only(&e, o, "a member group", group_keys);
    weight = jsonget_int(&e, o, "member_group_weight", 0);
    jsonget_string(&e, o, "member_group_remark");
    if (e.text)
        answer_error(r, 400, "APIG.2000", "Parameter error, %s", e.text);
    else if (!jsonget_string(&e, o, "member_group_name"))
        answer_error(r, 400, "APIG.2001",
                     "The parameter is required,parameterName:member_group_name");
    else if (weight < 0 || weight > 100)
        answer_error(r, 400, "APIG.2004",
                     "The parameter value is out of range,parameterName:member_group_weight");
    else
        return !e.text;
    free(e.text);
    return false;
}

static void set(Group *g, json_object *o)
{
    JsonError e = {0};

    free(g->remark);
    g->remark = jsonget_copy(&e, o, "member_group_remark", NULL);
    g->weight = jsonget_int(&e, o, "member_group_weight", g->weight);
    free(e.text);
}

/* The new groups of a checked body, in its order. */
static void create(Request *r, json_object *groups)
{
    Text t = {0};

    text_add(&t, "{\"member_groups\":[");
    for (size_t i = 0; i < json_object_array_length(groups); i++) {
        json_object *o = json_object_array_get_idx(groups, i);
        JsonError e = {0};
        const char *name = jsonget_string(&e, o, "member_group_name");
        Group *g = model_find_group(r->channel, name);

        g = g ? g : model_add_group(r->channel, name);
        set(g, o);
        change_weigh_group(r, r->channel, g);
        if (i > 0)
            text_add(&t, ",");
        render_group(&t, r->channel, g);
    }
    text_add(&t, "]}");
    model_changed(r->channel);
    r->is_applied = true;
    answer_json(r, 201, &t);
}

void groups_create(Request *r)
{
    static const char *const keys[] = {"member_groups", NULL};
    json_object *body = jsonget_parse(r->body.data, r->body.len);
    JsonError e = {0};
    json_object *groups = jsonget_array(&e, body, "member_groups");
    bool ok = true;

    jsonget_only(&e, body, "body", keys);
    if (e.text || !groups) {
        answer_error(r, 400, e.text ? "APIG.2000" : "APIG.2001", "Parameter error, %s",
                     e.text ? e.text : "member_groups is required");
        ok = false;
    }
    for (size_t i = 0; ok && i < jsonget_length(groups); i++)
        ok = check(r, json_object_array_get_idx(groups, i));
    if (ok)
        create(r, groups);
    free(e.text);
    json_object_put(body);
}

/* A group's new name is its members' new group. */
static void rename_group(Channel *c, Group *g, const char *name)
{
    for (size_t i = 0; i < c->n_members; i++) {
        Member *m = c->members[i];

        if (strcmp(m->group, g->name) != 0)
            continue;
        free(m->group);
        m->group = alloc_copy(name);
    }
    free(g->name);
    g->name = alloc_copy(name);
}

void groups_update(Request *r)
{
    Group *g = find(r);
    json_object *body = g ? jsonget_parse(r->body.data, r->body.len) : NULL;
    JsonError e = {0};

    if (g && check(r, body)) {
        rename_group(r->channel, g, jsonget_string(&e, body, "member_group_name"));
        set(g, body);
        change_weigh_group(r, r->channel, g);
        model_changed(r->channel);
        r->is_applied = true;
        answer_group(r, g);
    }
    json_object_put(body);
}

void groups_delete(Request *r)
{
    Group *g = find(r);
    Channel *c = r->channel;

    if (!g)
        return;
    for (size_t i = c->n_members; i-- > 0;) {
        Member *m = c->members[i];

        if (m->ghost_until_msec != 0 || strcmp(m->group, g->name) != 0)
            continue;
        if (r->instance->settings.keeps_members_of_groups)
            m->group[0] = '\0';
        else
            change_remove(r, c, m);
    }
    free(g->id);
    free(g->name);
    free(g->remark);
    free(g->reference_channel);
    free(g->create_time);
    *g = c->groups[--c->n_groups];
    model_changed(c);
    r->is_applied = true;
    answer_empty(r, 204);
}
