/* SPDX-License-Identifier: MIT */
/* The members that a POST or PUT brings, read strictly: API.md sections 1.4, 1.11 and 3.3. */
#include "tests/romasim/info.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/answer.h"
#include "tests/romasim/jsonget.h"

static const char *const info_keys[] = {"host",   "weight", "is_backup", "member_group_name",
                                        "status", "port",   "ecs_id",    "ecs_name",
                                        NULL};

static bool is_host(const Settings *s, const char *text)
{
    static const char allowed[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:-_";
    size_t len = strspn(text, allowed);
    struct in_addr address;

    if (s->takes_ipv4_only)
        return inet_pton(AF_INET, text, &address) == 1;
    return len > 0 && len <= 64 && text[len] == '\0';
}

static bool is_ecs_id(const char *text)
{
    size_t len = strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");

    return len > 0 && len <= 255 && text[len] == '\0';
}

static void answer_required(Request *r, const char *name)
{
    answer_error(r, 400, "APIG.2001", "The parameter is required,parameterName:%s", name);
}

static void answer_invalid(Request *r, const char *name)
{
    answer_error(r, 400, "APIG.2011", "Invalid parameter value,parameterName:%s", name);
}

/* Host or ECS, as the channel's kind demands. False: it is answered. */
static bool check_address(Request *r, const Info *info)
{
    bool is_ecs = r->channel->is_ecs;

    if (is_ecs && (!info->ecs_id || !info->ecs_id[0]))
        answer_required(r, "ecs_id");
    else if (is_ecs && (!info->ecs_name || !info->ecs_name[0]))
        answer_required(r, "ecs_name");
    else if (!is_ecs && (!info->host || !info->host[0]))
        answer_required(r, "host");
    else if (!is_ecs && !is_host(&r->instance->settings, info->host))
        answer_error(r, 400, "APIG.2015", "Invalid IP address,parameterName:host");
    else if (is_ecs && !is_ecs_id(info->ecs_id))
        answer_invalid(r, "ecs_id");
    else if (info->ecs_name && strlen(info->ecs_name) > 64)
        answer_invalid(r, "ecs_name");
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
    else if (info->group[0] && !r->instance->settings.creates_groups &&
             !model_find_group(r->channel, info->group))
        answer_error(r, 404, "APIG.3022", "The member group does not exist,name:%s", info->group);
    else
        return true;
    return false;
}

/* A whole number as it is, or the nearest that an int holds: its range is checked elsewhere. */
static int number(JsonError *e, json_object *o, const char *key, int otherwise)
{
    json_object *value = NULL;

    if (!json_object_object_get_ex(o, key, &value))
        return otherwise;
    if (json_object_is_type(value, json_type_int))
        return json_object_get_int(value);
    jsonget_fail(e, "%s must be of type int", key);
    return otherwise;
}

/* The service's clients leave out what they do not state. */
static void refuse_nulls(JsonError *e, json_object *o)
{
    if (!json_object_is_type(o, json_type_object))
        return;
    json_object_object_foreach(o, key, value)
    {
        if (!value)
            jsonget_fail(e, "%s must not be null", key);
    }
}

static bool read_info(Request *r, json_object *o, Info *ret_info)
{
    JsonError e = {0};
    Info info = {0};
    bool ok;

    jsonget_only(&e, o, "members", info_keys);
    refuse_nulls(&e, o);
    info.host = jsonget_string(&e, o, "host");
    info.ecs_id = jsonget_string(&e, o, "ecs_id");
    info.ecs_name = jsonget_string(&e, o, "ecs_name");
    info.group = jsonget_string(&e, o, "member_group_name");
    info.group = info.group ? info.group : "";
    info.port = number(&e, o, "port", 0);
    info.weight = number(&e, o, "weight", 1);
    info.status = number(&e, o, "status", 1);
    info.is_backup = jsonget_bool(&e, o, "is_backup", false);
    info.has_weight = jsonget_has(o, "weight");
    info.has_status = jsonget_has(o, "status");
    info.has_backup = jsonget_has(o, "is_backup");
    if (e.text)
        answer_error(r, 400, "APIG.2000", "Parameter error, %s", e.text);
    ok = !e.text && check_address(r, &info) && check_ranges(r, &info);
    free(e.text);
    if (ok && info.port == 0 && !r->instance->settings.keeps_zero_port)
        info.port = r->channel->port;
    if (ok)
        *ret_info = info;
    return ok;
}

json_object *info_read_body(Request *r, const char *const *keys)
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

/* A list that a POST can add, a PUT put in place of what is there. False: it is answered. */
static bool check_count(Request *r, json_object *members)
{
    const size_t n = jsonget_length(members);
    const int max = r->instance->settings.posted_max;

    if (!members)
        answer_required(r, "members");
    else if (r->op == OP_ADD_MEMBERS && (n == 0 || (max > 0 && n > (size_t)max)))
        answer_bad_parameter(r, "members");
    else
        return true;
    return false;
}

Info *info_read_members(Request *r, json_object *body, size_t *ret_n)
{
    JsonError e = {0};
    json_object *members = jsonget_array(&e, body, "members");
    size_t n = jsonget_length(members);
    Info *infos = NULL;

    if (e.text)
        answer_error(r, 400, "APIG.2000", "Parameter error, %s", e.text);
    else if (check_count(r, members))
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

const char *info_address(const Channel *c, const Info *info)
{
    return c->is_ecs ? info->ecs_id : info->host;
}

bool info_is_repeated(const Channel *c, const Info *infos, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (model_port(c, infos[i].port) == model_port(c, infos[n].port) &&
            strcmp(infos[i].group, infos[n].group) == 0 &&
            strcmp(info_address(c, &infos[i]), info_address(c, &infos[n])) == 0)
            return true;
    return false;
}
