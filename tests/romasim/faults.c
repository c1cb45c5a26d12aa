/* SPDX-License-Identifier: MIT */
/* Faults by script: reading the rules and choosing the one for a request. */
#include "tests/romasim/faults.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/request.h"

static Fault **faults;
static size_t n_faults, cap_faults;

static const char *const rule_keys[] = {"match", "skip", "times", "then", NULL};
static const char *const match_keys[] = {"method", "path", "channel", "member",
                                         "offset", "op",   "who",     NULL};
static const char *const drip_keys[] = {"bytes", "every_ms", NULL};
static const char *const then_keys[] = {
    "status",     "code",     "message",     "headers",    "body",           "content_type",
    "effect",     "delay_ms", "reset",       "close",      "stall",          "stall_after",
    "drip",       "truncate", "chunked",     "total_add",  "size_add",       "drop_rows",
    "repeat_row", "shift",    "foreign_row", "extra_rows", "oversize_bytes", "endless",
    "json_patch", "raw_row",  "empty_200",   "after",      "hold",           NULL};

static void load_match(JsonError *e, Fault *f, json_object *o)
{
    f->offset = -1;
    if (!o)
        return;
    jsonget_only(e, o, "match", match_keys);
    f->method = jsonget_copy(e, o, "method", NULL);
    f->path = jsonget_copy(e, o, "path", NULL);
    f->channel = jsonget_copy(e, o, "channel", NULL);
    f->member = jsonget_copy(e, o, "member", NULL);
    f->op = jsonget_copy(e, o, "op", NULL);
    if (f->op && !request_has_op(f->op))
        jsonget_fail(e, "no such op: %s", f->op);
    f->who = jsonget_copy(e, o, "who", NULL);
    f->offset = jsonget_int(e, o, "offset", -1);
}

static void load_body(JsonError *e, Fault *f, json_object *o)
{
    json_object *drip = jsonget_object(e, o, "drip");

    f->stall_after = jsonget_int(e, o, "stall_after", -1);
    f->truncate = jsonget_int(e, o, "truncate", -1);
    f->oversize_bytes = jsonget_int(e, o, "oversize_bytes", -1);
    f->chunked = jsonget_bool(e, o, "chunked", false);
    f->endless = jsonget_bool(e, o, "endless", false);
    f->drip_bytes = -1;
    if (!drip)
        return;
    jsonget_only(e, drip, "drip", drip_keys);
    f->drip_bytes = jsonget_int(e, drip, "bytes", 1);
    f->drip_msec = jsonget_int(e, drip, "every_ms", 50);
    if (f->drip_bytes < 1 || f->drip_msec < 0)
        jsonget_fail(e, "drip must have bytes of 1 or more and every_ms of 0 or more");
}

static void load_then(JsonError *e, Fault *f, json_object *o)
{
    jsonget_only(e, o, "then", then_keys);
    f->then = json_object_get(o);
    f->status = jsonget_int(e, o, "status", 0);
    f->code = jsonget_copy(e, o, "code", NULL);
    f->message = jsonget_copy(e, o, "message", NULL);
    f->body = jsonget_copy(e, o, "body", NULL);
    f->content_type = jsonget_copy(e, o, "content_type", NULL);
    f->headers = json_object_get(jsonget_object(e, o, "headers"));
    f->delay_msec = jsonget_int(e, o, "delay_ms", 0);
    f->reset = jsonget_bool(e, o, "reset", false);
    f->close = jsonget_bool(e, o, "close", false);
    f->hold = jsonget_bool(e, o, "hold", false);
    f->stall = jsonget_bool(e, o, "stall", false);
    f->shift = jsonget_int(e, o, "shift", 0);
    f->replaces = f->status > 0 || f->body || jsonget_bool(e, o, "empty_200", false);
    f->applies = !(f->replaces || f->reset || f->close || f->stall);
    f->applies = jsonget_bool(e, o, "effect", f->applies);
    if (f->delay_msec < 0 || (f->status > 0 && (f->status < 200 || f->status > 999)))
        jsonget_fail(e, "delay_ms or status is out of range");
    if (!f->applies && !f->replaces && !f->reset && !f->close && !f->stall)
        jsonget_fail(e, "without its effect a fault needs a status, body, reset, close or stall");
    load_body(e, f, o);
}

void faults_load(JsonError *e, json_object *list)
{
    for (size_t i = 0; i < jsonget_length(list); i++) {
        json_object *o = json_object_array_get_idx(list, i);
        Fault *f = alloc_zero(1, sizeof(*f));

        f->refs = 1;
        jsonget_only(e, o, "a fault", rule_keys);
        f->skip = jsonget_int(e, o, "skip", 0);
        f->times = jsonget_int(e, o, "times", -1);
        load_match(e, f, jsonget_object(e, o, "match"));
        load_then(e, f, jsonget_object(e, o, "then"));
        faults = alloc_grow(faults, n_faults, &cap_faults, sizeof(*faults));
        faults[n_faults++] = f;
    }
}

void fault_unref(Fault *f)
{
    if (!f || --f->refs > 0)
        return;
    free(f->method);
    free(f->path);
    free(f->channel);
    free(f->member);
    free(f->op);
    free(f->who);
    free(f->code);
    free(f->message);
    free(f->body);
    free(f->content_type);
    json_object_put(f->headers);
    json_object_put(f->then);
    free(f);
}

void faults_clear(void)
{
    for (size_t i = 0; i < n_faults; i++)
        fault_unref(faults[i]);
    n_faults = 0;
}

/* A pattern with * or [ is a glob for the whole path or the whole target, else a part of the
 * target. */
static bool fits_path(const char *pattern, const Request *r)
{
    if (!strpbrk(pattern, "*["))
        return strstr(r->uri, pattern) != NULL;
    return fnmatch(pattern, r->path, 0) == 0 || fnmatch(pattern, r->uri, 0) == 0;
}

static bool fits_channel(const char *wanted, const Request *r)
{
    return (r->channel_id && strcmp(r->channel_id, wanted) == 0) ||
           (r->channel && strcmp(r->channel->name, wanted) == 0);
}

static bool is_text(json_object *o, const char *wanted)
{
    return json_object_is_type(o, json_type_string) &&
           strcmp(json_object_get_string(o), wanted) == 0;
}

static bool is_called(const Request *r, const char *id, const char *wanted)
{
    const Member *m = r->channel ? model_find_member(r->channel, id) : NULL;

    return strcmp(id, wanted) == 0 || (m && m->host && strcmp(m->host, wanted) == 0) ||
           (m && m->ecs_id && strcmp(m->ecs_id, wanted) == 0);
}

/* A member that the body adds (by its host or ecs_id) or switches (by its id too). */
static bool is_in_body(const char *wanted, const Request *r)
{
    json_object *body = jsonget_parse(r->body.data, r->body.len);
    JsonError e = {0};
    json_object *members = jsonget_array(&e, body, "members");
    json_object *ids = jsonget_array(&e, body, "member_ids");
    bool found = false;

    for (size_t i = 0; i < jsonget_length(members) && !found; i++) {
        json_object *o = json_object_array_get_idx(members, i), *host = NULL, *ecs_id = NULL;

        json_object_object_get_ex(o, "host", &host);
        json_object_object_get_ex(o, "ecs_id", &ecs_id);
        found = is_text(host, wanted) || is_text(ecs_id, wanted);
    }
    for (size_t i = 0; i < jsonget_length(ids) && !found; i++) {
        json_object *id = json_object_array_get_idx(ids, i);

        found = json_object_is_type(id, json_type_string) &&
                is_called(r, json_object_get_string(id), wanted);
    }
    json_object_put(body);
    free(e.text);
    return found;
}

static bool fits_member(const char *wanted, const Request *r)
{
    if (r->op == OP_ADD_MEMBERS || r->op == OP_ENABLE_MEMBERS || r->op == OP_DISABLE_MEMBERS)
        return is_in_body(wanted, r);
    return r->member_id && is_called(r, r->member_id, wanted);
}

static bool fits_offset(int wanted, const Request *r)
{
    const char *text = request_parameter(r, "offset");

    return (r->op == OP_LIST_MEMBERS || r->op == OP_LIST_CHANNELS || r->op == OP_LIST_GROUPS) &&
           (text ? strtol(text, NULL, 10) : 0) == wanted;
}

static bool fits(const Fault *f, const Request *r)
{
    return (!f->method || strcmp(f->method, r->method) == 0) &&
           (!f->op || strcmp(f->op, request_op_name(r->op)) == 0) &&
           (!f->path || fits_path(f->path, r)) && (!f->channel || fits_channel(f->channel, r)) &&
           (!f->member || fits_member(f->member, r)) &&
           (!f->who || (r->who && strcmp(f->who, r->who) == 0)) &&
           (f->offset < 0 || fits_offset(f->offset, r));
}

Fault *faults_take(const Request *r)
{
    for (size_t i = 0; i < n_faults; i++) {
        Fault *f = faults[i];

        if (f->times == 0 || !fits(f, r))
            continue;
        if (f->skip > 0) {
            f->skip--;
            continue;
        }
        if (f->times > 0)
            f->times--;
        f->refs++;
        return f;
    }
    return NULL;
}

bool fault_shapes_body(const Fault *f)
{
    return f && (f->stall_after >= 0 || f->truncate >= 0 || f->oversize_bytes >= 0 ||
                 f->drip_bytes > 0 || f->chunked || f->endless);
}
