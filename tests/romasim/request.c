/* SPDX-License-Identifier: MIT */
/* One request: its target split and decoded, its headers and parameters looked up. */
#include "tests/romasim/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/percent.h"

static const char *const op_names[OP_MAX] = {
    [OP_UNKNOWN] = "unknown",
    [OP_LIST_MEMBERS] = "list_members",
    [OP_ADD_MEMBERS] = "add_members",
    [OP_OVERWRITE_MEMBERS] = "overwrite_members",
    [OP_DELETE_MEMBER] = "delete_member",
    [OP_ENABLE_MEMBERS] = "enable_members",
    [OP_DISABLE_MEMBERS] = "disable_members",
    [OP_LIST_CHANNELS] = "list_channels",
    [OP_SHOW_CHANNEL] = "show_channel",
    [OP_LIST_GROUPS] = "list_groups",
    [OP_SHOW_GROUP] = "show_group",
    [OP_CREATE_GROUPS] = "create_groups",
    [OP_UPDATE_GROUP] = "update_group",
    [OP_DELETE_GROUP] = "delete_group",
    [OP_SHOW_INSTANCE] = "show_instance",
    [OP_SHOW_CONFIGS] = "show_configs",
    [OP_IAM_TOKEN] = "iam_token",
    [OP_METADATA] = "metadata",
    [OP_METADATA_TOKEN] = "metadata_token",
};

const char *request_op_name(Op op)
{
    return op_names[op];
}

bool request_has_op(const char *name)
{
    for (int op = 0; op < OP_MAX; op++)
        if (strcmp(op_names[op], name) == 0)
            return true;
    return false;
}

bool request_op_mutates(Op op)
{
    return (op >= OP_ADD_MEMBERS && op <= OP_DISABLE_MEMBERS) ||
           (op >= OP_CREATE_GROUPS && op <= OP_DELETE_GROUP);
}

Request *request_new(const char *uri)
{
    static const char digits[] = "0123456789abcdef";
    static uint64_t state = 0x243f6a8885a308d3u;
    Request *r = alloc_zero(1, sizeof(*r));

    for (size_t i = 0; i < 32; i++) {
        if (i % 16 == 0)
            state = state * 6364136223846793005u + 1442695040888963407u;
        r->id[i] = digits[state >> (60 - i % 16 * 4) & 15];
    }
    r->uri = alloc_copy(uri);
    return r;
}

static void free_headers(Header *h)
{
    while (h) {
        Header *next = h->next;

        free(h->name);
        free(h->value);
        free(h);
        h = next;
    }
}

void request_free(Request *r)
{
    if (!r)
        return;
    free(r->method);
    free(r->uri);
    free(r->path);
    text_done(&r->body);
    text_done(&r->effects);
    for (size_t i = 0; i < r->n_segments; i++)
        free(r->segments[i]);
    for (size_t i = 0; i < r->n_parameters; i++) {
        free(r->parameters[i].name);
        free(r->parameters[i].value);
    }
    fault_unref(r->fault);
    blob_unref(r->answer.body);
    free_headers(r->answer.headers);
    free(r);
}

static bool split_path(Request *r)
{
    const char *s = r->path;

    if (*s != '/')
        return false;
    while (*s == '/') {
        size_t len = strcspn(++s, "/");
        char *segment = percent_decode(s, len);

        if (!segment)
            return false;
        if (r->n_segments == sizeof(r->segments) / sizeof(r->segments[0])) {
            free(segment);
            return false;
        }
        r->segments[r->n_segments++] = segment;
        s += len;
    }
    return true;
}

static bool split_query(Request *r)
{
    const char *s = r->query;

    while (s && *s) {
        size_t len = strcspn(s, "&");
        const char *equals = memchr(s, '=', len);
        size_t name_len = equals ? (size_t)(equals - s) : len;
        Parameter *p = &r->parameters[r->n_parameters];

        if (r->n_parameters == REQUEST_QUERY_MAX)
            return false;
        p->name = percent_decode(s, name_len);
        p->value = equals ? percent_decode(equals + 1, len - name_len - 1) : alloc_copy("");
        r->n_parameters++;
        if (!p->name || !p->value)
            return false;
        s += len + (s[len] == '&');
    }
    return true;
}

bool request_parse(Request *r)
{
    const char *mark = strchr(r->uri, '?');

    r->path = mark ? alloc_copy_bytes(r->uri, (size_t)(mark - r->uri)) : alloc_copy(r->uri);
    r->query = mark ? mark + 1 : NULL;
    return split_path(r) && split_query(r);
}

const char *request_header(const Request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

typedef struct HeaderCount {
    const char *name;
    int n;
} HeaderCount;

static enum MHD_Result on_header(void *userdata, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    HeaderCount *count = userdata;

    (void)kind;
    (void)value;
    if (strcasecmp(name, count->name) == 0)
        count->n++;
    return MHD_YES;
}

int request_count_header(const Request *r, const char *name)
{
    HeaderCount count = {.name = name};

    MHD_get_connection_values(r->connection, MHD_HEADER_KIND, on_header, &count);
    return count.n;
}

const char *request_parameter(const Request *r, const char *name)
{
    for (size_t i = 0; i < r->n_parameters; i++)
        if (strcmp(r->parameters[i].name, name) == 0)
            return r->parameters[i].value;
    return NULL;
}
