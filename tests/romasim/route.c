/* SPDX-License-Identifier: MIT */
/* From method and path to an operation, and the checks that every operation shares (API.md sections
 * 1 and 3). */
#include "tests/romasim/route.h"

#include <string.h>
#include <strings.h>

#include "tests/romasim/answer.h"

/* Paths below /v2/{project}/{prefix}/instances/{instance}; '*' is an id. */
typedef struct Route {
    const char *method;
    const char *tail[4];
    Op op;
    const char *query[8];
} Route;

#define PAGING "offset", "limit"

static const Route routes[] = {
    {"GET", {NULL}, OP_SHOW_INSTANCE, {NULL}},
    {"GET", {"project", "configs"}, OP_SHOW_CONFIGS, {PAGING}},
    {"GET",
     {"vpc-channels"},
     OP_LIST_CHANNELS,
     {PAGING, "id", "name", "precise_search", "member_host", "vpc_channel_type"}},
    {"GET", {"vpc-channels", "*"}, OP_SHOW_CHANNEL, {NULL}},
    {"GET",
     {"vpc-channels", "*", "members"},
     OP_LIST_MEMBERS,
     {PAGING, "name", "member_group_name", "member_group_id", "precise_search"}},
    {"POST", {"vpc-channels", "*", "members"}, OP_ADD_MEMBERS, {NULL}},
    {"PUT", {"vpc-channels", "*", "members"}, OP_OVERWRITE_MEMBERS, {NULL}},
    {"POST", {"vpc-channels", "*", "members", "batch-enable"}, OP_ENABLE_MEMBERS, {NULL}},
    {"POST", {"vpc-channels", "*", "members", "batch-disable"}, OP_DISABLE_MEMBERS, {NULL}},
    {"DELETE", {"vpc-channels", "*", "members", "*"}, OP_DELETE_MEMBER, {NULL}},
    {"GET",
     {"vpc-channels", "*", "member-groups"},
     OP_LIST_GROUPS,
     {PAGING, "dict_code", "member_group_name", "precise_search"}},
    {"POST", {"vpc-channels", "*", "member-groups"}, OP_CREATE_GROUPS, {NULL}},
    {"GET", {"vpc-channels", "*", "member-groups", "*"}, OP_SHOW_GROUP, {NULL}},
    {"PUT", {"vpc-channels", "*", "member-groups", "*"}, OP_UPDATE_GROUP, {NULL}},
    {"DELETE", {"vpc-channels", "*", "member-groups", "*"}, OP_DELETE_GROUP, {NULL}},
};

/* The channel list has more filters than a row of the table holds. */
static const char *const more_channel_filters[] = {"dict_code", "member_port", "member_group_name",
                                                   "member_group_id", NULL};

static bool fits(const Route *route, const Request *r)
{
    size_t n = r->n_segments - 5;

    if (strcmp(route->method, r->method) != 0 || n > 4)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!route->tail[i])
            return false;
        if (strcmp(route->tail[i], "*") != 0 && strcmp(route->tail[i], r->segments[5 + i]) != 0)
            return false;
    }
    return n == 4 || !route->tail[n];
}

static const Route *find(const Request *r)
{
    if (r->n_segments < 5 || strcmp(r->segments[0], "v2") != 0 ||
        (strcmp(r->segments[2], "apic") != 0 && strcmp(r->segments[2], "apigw") != 0) ||
        strcmp(r->segments[3], "instances") != 0)
        return NULL;
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        if (fits(&routes[i], r))
            return &routes[i];
    return NULL;
}

static bool is(const Request *r, const char *method, const char *path)
{
    return strcmp(r->method, method) == 0 && strcmp(r->path, path) == 0;
}

void route_find(Request *r)
{
    const Route *route = find(r);

    if (!route) {
        if (is(r, "POST", "/v3/auth/tokens"))
            r->op = OP_IAM_TOKEN;
        else if (is(r, "GET", "/openstack/latest/securitykey"))
            r->op = OP_METADATA;
        else if (is(r, "PUT", "/meta-data/latest/api/token"))
            r->op = OP_METADATA_TOKEN;
        return;
    }
    r->op = route->op;
    r->project_id = r->segments[1];
    r->instance_id = r->segments[4];
    r->channel_id = r->op != OP_SHOW_CONFIGS && r->n_segments > 6 ? r->segments[6] : NULL;
    if (r->op == OP_DELETE_MEMBER ||
        (r->op >= OP_SHOW_GROUP && r->op <= OP_DELETE_GROUP && r->op != OP_CREATE_GROUPS))
        r->member_id = r->segments[8];
    r->instance = model_find_instance(r->instance_id);
    if (r->instance && strcmp(r->instance->project_id, r->project_id) != 0)
        r->instance = NULL;
    if (r->instance && r->channel_id)
        r->channel = map_find(&r->instance->by_id, r->channel_id);
}

/* An instance answers below its own prefix only; a product that is not there is no path at all. */
static bool has_prefix(const Request *r)
{
    if (r->instance)
        return strcmp(r->instance->prefix, r->segments[2]) == 0;
    for (size_t i = 0; i < model.n_instances; i++)
        if (strcmp(model.instances[i]->prefix, r->segments[2]) == 0)
            return true;
    return false;
}

bool route_exists(Request *r)
{
    const bool hidden =
        r->op == OP_SHOW_CONFIGS && r->instance && r->instance->settings.hides_configs;

    if (r->op != OP_UNKNOWN && !hidden && (!r->instance_id || has_prefix(r)))
        return true;
    answer_error(r, 404, "APIG.0101",
                 "The API does not exist or has not been published in the "
                 "environment");
    return false;
}

static bool is_id(const char *s)
{
    size_t len = strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-");

    return len > 0 && len <= 64 && s[len] == '\0';
}

static bool is_listed(const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n && names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool check_query(Request *r)
{
    const Route *route = find(r);

    for (size_t i = 0; i < r->n_parameters; i++) {
        const char *name = r->parameters[i].name;
        bool known = is_listed(name, route->query, 8) ||
                     (r->op == OP_LIST_CHANNELS && is_listed(name, more_channel_filters, 4));

        for (size_t j = 0; j < i; j++)
            known = known && strcmp(r->parameters[j].name, name) != 0;
        if (!known) {
            answer_bad_parameter(r, name);
            return false;
        }
    }
    return true;
}

static bool check_content(Request *r)
{
    static const char wanted[] = "application/json";
    const char *type = request_header(r, "Content-Type");
    bool takes_body = strcmp(r->method, "POST") == 0 || strcmp(r->method, "PUT") == 0;

    if (!type || strncasecmp(type, wanted, strlen(wanted)) != 0 ||
        !strchr("; ", type[strlen(wanted)])) {
        answer_error(r, 400, "APIG.2000", "Parameter error, header Content-Type must be %s",
                     wanted);
        return false;
    }
    if (!takes_body && (r->body.len > 0 || r->body_too_long)) {
        answer_error(r, 400, "APIG.2000", "Parameter error, a %s request takes no body", r->method);
        return false;
    }
    return true;
}

static bool check_ids(Request *r)
{
    if (!is_id(r->project_id))
        answer_bad_parameter(r, "project_id");
    else if (!is_id(r->instance_id))
        answer_bad_parameter(r, "instance_id");
    else if (r->channel_id && !is_id(r->channel_id))
        answer_bad_parameter(r, "vpc_channel_id");
    else if (r->member_id && !is_id(r->member_id))
        answer_bad_parameter(r, r->op == OP_DELETE_MEMBER ? "id" : "member_group_id");
    else
        return true;
    return false;
}

bool route_check(Request *r)
{
    if (!check_ids(r) || !check_content(r) || !check_query(r))
        return false;
    if (!r->instance) {
        answer_error(r, 404, "APIG.3030", "The instance does not exist,id:%s", r->instance_id);
        return false;
    }
    if (r->channel_id && !r->channel) {
        answer_error(r, 404, "APIG.3023", "The VPC channel does not exist,id:%s", r->channel_id);
        return false;
    }
    return true;
}
