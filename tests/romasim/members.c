/* SPDX-License-Identifier: MIT */
/* Members listed, deleted, enabled and disabled. Adding is in upsert.c. */
#include "tests/romasim/members.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/answer.h"
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
        if (filtered && !fits(r, c, c->members[i]))
            continue;
        if (total >= p->offset && size < p->limit) {
            if (size++ > 0)
                text_add(&rows, ",");
            render_member(&rows, c, c->members[i]);
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
    model_lay_ghosts(c);
    answer_blob(r, 200, has_filter(r) ? render(r, c, &p, true) : cached(r, c, &p));
}

void members_delete(Request *r)
{
    Member *m = model_find_member(r->channel, r->member_id);

    if (!m) {
        answer_error(r, 404, "APIG.3024", "The VPC instance does not exist,id:%s", r->member_id);
        return;
    }
    model_remove_member(r->channel, m, true);
    r->is_applied = true;
    answer_empty(r, 204);
}

/* The ids of the body, all of which must be members; NULL: it is answered. Owned by the caller. */
static json_object *member_ids(Request *r)
{
    json_object *body = jsonget_parse(r->body.data, r->body.len);
    JsonError e = {0};
    json_object *ids;

    if (!body || !json_object_is_type(body, json_type_object)) {
        answer_error(r, 400, "APIG.2000", "Parameter error, the body is not a JSON object");
        json_object_put(body);
        return NULL;
    }
    ids = jsonget_array(&e, body, "member_ids");
    if (!ids || json_object_object_length(body) != 1) {
        answer_error(r, 400, "APIG.2001", "The parameter is required,parameterName:member_ids");
        ids = NULL;
    }
    for (size_t i = 0; i < jsonget_length(ids); i++) {
        json_object *id = json_object_array_get_idx(ids, i);

        if (!json_object_is_type(id, json_type_string)) {
            answer_bad_parameter(r, "member_ids");
            ids = NULL;
        } else if (!model_find_member(r->channel, json_object_get_string(id))) {
            answer_error(r, 404, "APIG.3024", "The VPC instance does not exist,id:%s",
                         json_object_get_string(id));
            ids = NULL;
        }
    }
    json_object_get(ids);
    json_object_put(body);
    free(e.text);
    return ids;
}

static void set_status(Request *r, int status)
{
    json_object *ids = member_ids(r);

    if (!ids)
        return;
    for (size_t i = 0; i < json_object_array_length(ids); i++) {
        const char *id = json_object_get_string(json_object_array_get_idx(ids, i));

        model_find_member(r->channel, id)->status = status;
    }
    json_object_put(ids);
    model_changed(r->channel);
    r->is_applied = true;
    answer_empty(r, 204);
}

void members_enable(Request *r)
{
    set_status(r, 1);
}

void members_disable(Request *r)
{
    set_status(r, 2);
}
