/* SPDX-License-Identifier: MIT */
/* Members added (POST, an upsert) and overwritten (PUT, a full replace): API.md sections 1.4
 * and 1.5. */
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/answer.h"
#include "tests/romasim/jsonget.h"
#include "tests/romasim/members.h"
#include "tests/romasim/render.h"

/* MemberInfo as it came in; texts are borrowed from the body. */
typedef struct Info {
    const char *host;
    const char *ecs_id;
    const char *ecs_name;
    const char *group;
    int port;
    int weight;
    int status;
    bool is_backup;
} Info;

static const char *const info_keys[] = {"host",   "weight", "is_backup", "member_group_name",
                                        "status", "port",   "ecs_id",    "ecs_name",
                                        NULL};

static bool is_host(const char *s)
{
    static const char allowed[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:-_";
    size_t len = strspn(s, allowed);

    return len > 0 && len <= 64 && s[len] == '\0';
}

/* Host or ECS, as the channel's kind demands. False: it is answered. */
static bool check_address(Request *r, const Info *info)
{
    const char *missing = NULL;

    if (r->channel->is_ecs)
        missing = !info->ecs_id || !info->ecs_id[0] ? "ecs_id"
                  : !info->ecs_name                 ? "ecs_name"
                                                    : NULL;
    else if (!info->host || !info->host[0])
        missing = "host";
    if (missing)
        answer_error(r, 400, "APIG.2001", "The parameter is required,parameterName:%s", missing);
    else if (!r->channel->is_ecs && !is_host(info->host))
        answer_error(r, 400, "APIG.2015", "Invalid IP address,parameterName:host");
    else
        return true;
    return false;
}

static bool check_ranges(Request *r, const Info *info)
{
    if (info->weight < 0 || info->weight > 10000)
        answer_error(r, 400, "APIG.2004",
                     "The parameter value is out of range,parameterName:weight");
    else if (info->port < 0 || info->port > 65535)
        answer_error(r, 400, "APIG.2025", "Invalid port,parameterName:port");
    else if (info->status != 1 && info->status != 2)
        answer_bad_parameter(r, "status");
    else if (info->group[0] && !model_find_group(r->channel, info->group))
        answer_error(r, 404, "APIG.3022", "The member group does not exist,name:%s", info->group);
    else
        return true;
    return false;
}

static bool read_info(Request *r, json_object *o, Info *ret_info)
{
    JsonError e = {0};
    Info info = {0};
    bool ok;

    jsonget_only(&e, o, "members", info_keys);
    info.host = jsonget_string(&e, o, "host");
    info.ecs_id = jsonget_string(&e, o, "ecs_id");
    info.ecs_name = jsonget_string(&e, o, "ecs_name");
    info.group = jsonget_string(&e, o, "member_group_name");
    info.group = info.group ? info.group : "";
    info.port = jsonget_int(&e, o, "port", 0);
    info.weight = jsonget_int(&e, o, "weight", 1);
    info.status = jsonget_int(&e, o, "status", 1);
    info.is_backup = jsonget_bool(&e, o, "is_backup", false);
    if (info.port == 0)
        info.port = r->channel->port;
    if (e.text)
        answer_error(r, 400, "APIG.2000", "Parameter error, %s", e.text);
    ok = !e.text && check_address(r, &info) && check_ranges(r, &info);
    free(e.text);
    if (ok)
        *ret_info = info;
    return ok;
}

static const char *address_of(const Channel *c, const Info *info)
{
    return c->is_ecs ? info->ecs_id : info->host;
}

static void update(Channel *c, Member *m, const Info *info)
{
    const Group *g = model_find_group(c, info->group);

    m->weight = g && g->weight > 0 ? g->weight : info->weight;
    m->status = info->status;
    m->is_backup = info->is_backup;
}

static Member *create(Channel *c, const Info *info)
{
    Member *m = alloc_zero(1, sizeof(*m));

    m->id = model_new_id();
    m->host = alloc_copy(c->is_ecs ? NULL : info->host);
    m->ecs_id = alloc_copy(c->is_ecs ? info->ecs_id : NULL);
    m->ecs_name = alloc_copy(c->is_ecs ? info->ecs_name : NULL);
    m->group = alloc_copy(info->group);
    m->create_time = model_now();
    m->port = info->port;
    update(c, m, info);
    model_add_member(c, m);
    return m;
}

/* Whether an earlier one of the same request has this address: the first wins. */
static bool is_repeated(const Channel *c, const Info *infos, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (infos[i].port == infos[n].port && strcmp(infos[i].group, infos[n].group) == 0 &&
            strcmp(address_of(c, &infos[i]), address_of(c, &infos[n])) == 0)
            return true;
    return false;
}

/* Applies the members to the channel and answers with their rows. */
static void apply(Request *r, const Info *infos, size_t n, int status)
{
    Channel *c = r->channel;
    Text rows = {0}, t = {0};
    size_t size = 0;

    for (size_t i = 0; i < n; i++) {
        Member *m;

        if (is_repeated(c, infos, i))
            continue;
        m = model_find_address(c, infos[i].group, address_of(c, &infos[i]), infos[i].port);
        if (m)
            update(c, m, &infos[i]);
        else
            m = create(c, &infos[i]);
        if (size++ > 0)
            text_add(&rows, ",");
        render_member(&rows, c, m);
    }
    model_changed(c);
    r->is_applied = true;
    text_addf(&t, "{\"total\":%zu,\"size\":%zu,\"members\":[%s]}", size, size,
              rows.data ? rows.data : "");
    text_done(&rows);
    answer_json(r, status, &t);
}

static json_object *read_body(Request *r, const char *const *keys)
{
    json_object *body = jsonget_parse(r->body.data, r->body.len);
    JsonError e = {0};

    jsonget_only(&e, body, "body", keys);
    if (!e.text)
        return body;
    answer_error(r, 400, "APIG.2000", "Parameter error, %s", e.text);
    free(e.text);
    json_object_put(body);
    return NULL;
}

/* The members of the body, checked one and all; NULL: it is answered. The caller owns the vector.
 */
static Info *read_members(Request *r, json_object *body, size_t *ret_n)
{
    JsonError e = {0};
    json_object *members = jsonget_array(&e, body, "members");
    size_t n = jsonget_length(members);
    Info *infos = NULL;

    if (e.text)
        answer_error(r, 400, "APIG.2000", "Parameter error, %s", e.text);
    else if (!members)
        answer_error(r, 400, "APIG.2001", "The parameter is required,parameterName:members");
    else
        infos = alloc_zero(n, sizeof(*infos));
    free(e.text);
    for (size_t i = 0; infos && i < n; i++) {
        if (!read_info(r, json_object_array_get_idx(members, i), &infos[i])) {
            free(infos);
            infos = NULL;
        }
    }
    *ret_n = n;
    return infos;
}

static bool exceeds_quota(Request *r, const Info *infos, size_t n)
{
    Channel *c = r->channel;
    size_t count = c->n_members - c->n_ghosts;

    for (size_t i = 0; i < n; i++)
        if (!is_repeated(c, infos, i) &&
            !model_find_address(c, infos[i].group, address_of(c, &infos[i]), infos[i].port))
            count++;
    if (c->instance->quota <= 0 || count <= (size_t)c->instance->quota)
        return false;
    answer_error(r, 403, "APIG.3110",
                 "Exceeded maximum quantity of cloud servers in a VPC channel: %d",
                 c->instance->quota);
    return true;
}

void members_add(Request *r)
{
    static const char *const keys[] = {"members", NULL};
    json_object *body = read_body(r, keys);
    size_t n = 0;
    Info *infos = body ? read_members(r, body, &n) : NULL;

    if (infos && !exceeds_quota(r, infos, n))
        apply(r, infos, n, 201);
    free(infos);
    json_object_put(body);
}

/* Removes what the overwriting does not name; `group` NULL means all groups. */
static void remove_others(Channel *c, const Info *infos, size_t n, const char *group)
{
    for (size_t i = c->n_members; i-- > 0;) {
        Member *m = c->members[i];
        bool stays = m->ghost_until_msec != 0 || (group && strcmp(m->group, group) != 0);

        for (size_t j = 0; j < n && !stays; j++)
            stays =
                model_find_address(c, infos[j].group, address_of(c, &infos[j]), infos[j].port) == m;
        if (!stays)
            model_remove_member(c, m, true);
    }
}

void members_overwrite(Request *r)
{
    static const char *const keys[] = {"members", "member_group_name", NULL};
    json_object *body = read_body(r, keys);
    JsonError e = {0};
    const char *group = body ? jsonget_string(&e, body, "member_group_name") : NULL;
    size_t n = 0, kept = 0;
    Info *infos = body ? read_members(r, body, &n) : NULL;

    for (size_t i = 0; infos && i < n; i++)
        if (!group || strcmp(infos[i].group, group) == 0)
            infos[kept++] = infos[i];
    if (infos) {
        remove_others(r->channel, infos, kept, group);
        apply(r, infos, kept, 200);
    }
    free(e.text);
    free(infos);
    json_object_put(body);
}
