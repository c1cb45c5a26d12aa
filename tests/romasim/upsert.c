/* SPDX-License-Identifier: MIT */
/* Members added (POST, an upsert) and overwritten (PUT, a full replace): API.md sections 1.4
 * and 1.5. */
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/answer.h"
#include "tests/romasim/change.h"
#include "tests/romasim/info.h"
#include "tests/romasim/jsonget.h"
#include "tests/romasim/members.h"
#include "tests/romasim/render.h"

static Member *find(const Channel *c, const Info *info)
{
    return model_find_address(c, info->group, info_address(c, info), info->port);
}

/* What the request makes of a member; a group's own weight wins. */
static Target target_of(const Channel *c, const Member *m, const Info *info)
{
    const int weight = model_group_weight(c, model_find_group(c, info->group));
    const bool keeps = c->instance->settings.keeps_left_out;
    Target target = change_target(m);

    if (info->has_weight || !keeps)
        target.weight = info->weight;
    if (info->has_status || !keeps)
        target.status = info->status;
    if (info->has_backup || !keeps)
        target.is_backup = info->is_backup;
    if (weight >= 0)
        target.weight = weight;
    if (c->is_ecs)
        target.ecs_name = info->ecs_name;
    return target;
}

static Member *create(Request *r, const Info *info)
{
    Channel *c = r->channel;
    Member *m = alloc_zero(1, sizeof(*m));
    int weight;

    if (info->group[0] && !model_find_group(c, info->group))
        model_add_group(c, info->group);
    weight = model_group_weight(c, model_find_group(c, info->group));
    m->id = model_new_id();
    m->host = alloc_copy(c->is_ecs ? NULL : info->host);
    m->ecs_id = alloc_copy(c->is_ecs ? info->ecs_id : NULL);
    m->ecs_name = alloc_copy(c->is_ecs ? info->ecs_name : NULL);
    m->group = alloc_copy(info->group);
    m->create_time = model_now();
    m->port = info->port;
    m->weight = weight >= 0 ? weight : info->weight;
    m->status = info->status;
    m->is_backup = info->is_backup;
    change_add(r, c, m);
    return m;
}

static void add_row(Text *rows, const Channel *c, const Member *m, size_t *size)
{
    if ((*size)++ > 0)
        text_add(rows, ",");
    render_member(rows, c, m, false);
}

/* Answers with the rows of the members posted, or of all that are there. */
static void answer_rows(Request *r, Member *const *posted, size_t n, int status)
{
    const Channel *c = r->channel;
    Text rows = {0}, t = {0};
    size_t size = 0;

    for (size_t i = 0; i < n && !c->instance->settings.answers_all; i++)
        add_row(&rows, c, posted[i], &size);
    for (size_t i = 0; i < c->n_members && c->instance->settings.answers_all; i++)
        if (c->members[i]->ghost_until_msec == 0)
            add_row(&rows, c, c->members[i], &size);
    text_addf(&t, "{\"total\":%zu,\"size\":%zu,\"members\":[%s]}", size, size,
              rows.data ? rows.data : "");
    text_done(&rows);
    answer_json(r, status, &t);
}

/* Applies the members to the channel and answers. */
static void apply(Request *r, const Info *infos, size_t n, int status)
{
    Channel *c = r->channel;
    Member **posted = alloc_zero(n, sizeof(Member *));
    size_t n_posted = 0;

    for (size_t i = 0; i < n; i++) {
        Member *m = info_is_repeated(c, infos, i) ? NULL : find(c, &infos[i]);

        if (m) {
            Target target = target_of(c, m, &infos[i]);

            change_update(r, c, m, &target);
        } else if (!info_is_repeated(c, infos, i)) {
            m = create(r, &infos[i]);
        }
        if (m)
            posted[n_posted++] = m;
    }
    model_changed(c);
    r->is_applied = true;
    answer_rows(r, posted, n_posted, status);
    free(posted);
}

static bool exceeds_quota(Request *r, const Info *infos, size_t n)
{
    const Channel *c = r->channel;
    const int quota = model_quota(c);
    size_t count = c->n_members - c->n_ghosts, before = count;

    for (size_t i = 0; i < n; i++)
        if (!info_is_repeated(c, infos, i) && !find(c, &infos[i]))
            count++;
    if (quota <= 0 || count == before || count <= (size_t)quota)
        return false;
    answer_error(r, 403, "APIG.3110",
                 "Exceeded maximum quantity of cloud servers in a VPC channel: %d", quota);
    return true;
}

/* A service that takes nothing that is there already. */
static bool repeats_all(Request *r, const Info *infos, size_t n)
{
    const Channel *c = r->channel;

    if (!c->instance->settings.refuses_repeated_add)
        return false;
    for (size_t i = 0; i < n; i++) {
        const Member *m = find(c, &infos[i]);
        Target target;

        if (!m)
            return false;
        target = target_of(c, m, &infos[i]);
        if (!change_is_none(m, &target))
            return false;
    }
    answer_error(r, 400, "APIG.3309", "The operation has already been performed");
    return true;
}

void members_add(Request *r)
{
    static const char *const keys[] = {"members", NULL};
    json_object *body = info_read_body(r, keys);
    size_t n = 0;
    Info *infos = body ? info_read_members(r, body, &n) : NULL;

    if (infos && !exceeds_quota(r, infos, n) && !repeats_all(r, infos, n))
        apply(r, infos, n, 201);
    free(infos);
    json_object_put(body);
}

/* Removes what the overwriting does not name; `group` NULL means all groups. */
static void remove_others(Request *r, const Info *infos, size_t n, const char *group)
{
    Channel *c = r->channel;

    for (size_t i = c->n_members; i-- > 0;) {
        Member *m = c->members[i];
        bool stays = m->ghost_until_msec != 0 || (group && strcmp(m->group, group) != 0);

        for (size_t j = 0; j < n && !stays; j++)
            stays = find(c, &infos[j]) == m;
        if (!stays)
            change_remove(r, c, m);
    }
}

void members_overwrite(Request *r)
{
    static const char *const keys[] = {"members", "member_group_name", NULL};
    json_object *body = info_read_body(r, keys);
    JsonError e = {0};
    const char *group = body ? jsonget_string(&e, body, "member_group_name") : NULL;
    size_t n = 0, kept = 0;
    Info *infos = body ? info_read_members(r, body, &n) : NULL;

    for (size_t i = 0; infos && i < n; i++)
        if (!group || strcmp(infos[i].group, group) == 0)
            infos[kept++] = infos[i];
    if (infos) {
        remove_others(r, infos, kept, group);
        apply(r, infos, kept, 200);
    }
    free(e.text);
    free(infos);
    json_object_put(body);
}
