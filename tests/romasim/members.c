/* SPDX-License-Identifier: MIT */
/* Members listed, deleted, enabled and disabled. Adding is in upsert.c. */
#include "tests/romasim/members.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/answer.h"
#include "tests/romasim/change.h"
#include "tests/romasim/jsonget.h"
#include "tests/romasim/listing.h"
#include "tests/romasim/render.h"

/* Pages kept for one channel; honest clients ask for one or two. */
#define PAGES_MAX 16

static bool fits(const Request *r, const Channel *c, const Member *m)
{
    const char *group_id = request_parameter(r, "member_group_id");
    const char *name = m->ecs_name ? m->ecs_name : m->host;
    const Group *g = model_find_group(c, m->group);

    if (group_id && group_id[0] && (!g || strcmp(g->id, group_id) != 0))
        return false;
    return listing_fits(r, "name", name ? name : "") &&
           listing_fits(r, "member_group_name", m->group);
}

static Blob *render(const Request *r, Channel *c, const Paging *p, bool filtered)
{
    Text rows = {0}, t = {0};
    long total = 0, size = 0;
    Blob *body;

    for (size_t i = 0; i < c->n_members; i++) {
        if (c->members[i]->hidden_until_msec != 0 || (filtered && !fits(r, c, c->members[i])))
            continue;
        if (total >= p->offset && size < p->limit) {
            if (size++ > 0)
                text_add(&rows, ",");
            render_member(&rows, c, c->members[i], true);
        }
        total++;
    }
    text_addf(&t, "{\"total\":%ld,\"size\":%ld,\"members\":[%s]}", total, size,
              rows.data ? rows.data : "");
    text_done(&rows);
    body = blob_take(&t);
    return body;
}

/* The page as it was rendered since the channel changed last, else rendered and kept. */
static Blob *cached(const Request *r, Channel *c, const Paging *p)
{
    Page *page;

    for (size_t i = 0; i < c->n_pages; i++)
        if (c->pages[i].offset == p->offset && c->pages[i].limit == p->limit)
            return blob_ref(c->pages[i].body);
    if (c->n_pages == PAGES_MAX)
        model_changed(c);
    c->pages = alloc_resize(c->pages, c->n_pages + 1, sizeof(*c->pages));
    page = &c->pages[c->n_pages++];
    *page = (Page){.offset = p->offset, .limit = p->limit, .body = render(r, c, p, false)};
    return blob_ref(page->body);
}

static bool has_filter(const Request *r)
{
    return request_parameter(r, "name") || request_parameter(r, "member_group_name") ||
           request_parameter(r, "member_group_id");
}

void members_list(Request *r)
{
    static const char *const precise[] = {"name", "member_group_name", NULL};
    Channel *c = r->channel;
    Paging p;

    if (!listing_page(r, &p) || !listing_check_precise(r, precise))
        return;
    model_catch_up(c);
    answer_blob(r, 200, has_filter(r) ? render(r, c, &p, true) : cached(r, c, &p));
}

void members_delete(Request *r)
{
    Member *m = model_find_member(r->channel, r->member_id);

    if (!m) {
        answer_error(r, 404, "APIG.3024", "The VPC instance does not exist,id:%s", r->member_id);
        return;
    }
    change_remove(r, r->channel, m);
    r->is_applied = true;
    answer_empty(r, 204);
}

static bool is_id(json_object *o)
{
    const char *id = json_object_is_type(o, json_type_string) ? json_object_get_string(o) : "";
    size_t len = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");

    return len > 0 && len <= 64 && id[len] == '\0';
}

/* The ids of the body, one or more and nothing beside them; NULL: it is answered. Borrowed. */
static json_object *ids_of(Request *r, json_object *body)
{
    const int max = r->instance->settings.batch_max;
    json_object *ids = NULL;
    size_t n;

    if (!json_object_is_type(body, json_type_object)) {
        answer_error(r, 400, "APIG.2000", "Parameter error, the body is not a JSON object");
        return NULL;
    }
    if (!json_object_object_get_ex(body, "member_ids", &ids) || !ids) {
        answer_error(r, 400, "APIG.2001", "The parameter is required,parameterName:member_ids");
        return NULL;
    }
    n = json_object_is_type(ids, json_type_array) ? json_object_array_length(ids) : 0;
    if (n == 0 || json_object_object_length(body) != 1 || (max > 0 && n > (size_t)max)) {
        answer_bad_parameter(r, "member_ids");
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_id(json_object_array_get_idx(ids, i))) {
            answer_bad_parameter(r, "member_ids");
            return NULL;
        }
    }
    return ids;
}

static Member *member_at(const Request *r, json_object *ids, size_t i)
{
    return model_find_member(r->channel, json_object_get_string(json_object_array_get_idx(ids, i)));
}

/* Unknown members, and what is done already, where the settings refuse it. False: it is answered.
 */
static bool check_members(Request *r, json_object *ids, int status)
{
    bool is_done = true;

    for (size_t i = 0; i < json_object_array_length(ids); i++) {
        const Member *m = member_at(r, ids, i);

        is_done = is_done && m && m->status == status;
        if (m || r->instance->settings.ignores_unknown)
            continue;
        answer_error(r, 404, "APIG.3024", "The VPC instance does not exist,id:%s",
                     json_object_get_string(json_object_array_get_idx(ids, i)));
        return false;
    }
    if (!is_done || !r->instance->settings.refuses_repeated_switch)
        return true;
    answer_error(r, 400, "APIG.3309", "The operation has already been performed");
    return false;
}

static void set_status(Request *r, int status)
{
    json_object *body = jsonget_parse(r->body.data, r->body.len);
    json_object *ids = ids_of(r, body);

    if (ids && check_members(r, ids, status)) {
        for (size_t i = 0; i < json_object_array_length(ids); i++) {
            Member *m = member_at(r, ids, i);

            if (m)
                change_switch(r, r->channel, m, status);
        }
        r->is_applied = true;
        answer_empty(r, 204);
    }
    json_object_put(body);
}

void members_enable(Request *r)
{
    set_status(r, 1);
}

void members_disable(Request *r)
{
    set_status(r, 2);
}
