/* SPDX-License-Identifier: MIT */
#include "daemon/roma/wire/request.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/roma/wire/page.h"

/* Every part is bounded, and the path has room for all of them. */
static char *request_add(char *end, const char *text)
{
    return stpcpy(end, text);
}

static bool request_is_id(const char *id)
{
    return id && str_is_id(id, OPS_ID_SIZE_MAX);
}

/* In the order of their names, which is the one of the signature. */
static int request_set_page(const Request *request, RequestLine *line)
{
    SignPair *pair = line->query;

    if (request->limit < 1 || request->limit > PAGE_ROWS_MAX)
        return -EINVAL;
    str_print_uint(request->limit, line->limit);
    str_print_uint(request->offset, line->offset);
    if (request->find_id)
        *pair++ = (SignPair){.name = "id", .value = request->find_id};
    *pair++ = (SignPair){.name = "limit", .value = line->limit};
    if (request->find_name)
        *pair++ = (SignPair){.name = "name", .value = request->find_name};
    *pair++ = (SignPair){.name = "offset", .value = line->offset};
    if (request->find_name)
        *pair++ = (SignPair){.name = "precise_search", .value = "name"};
    line->query_count = (size_t)(pair - line->query);
    return 0;
}

static bool request_names_member(RequestKind kind)
{
    return kind == REQUEST_DELETE_MEMBER || kind == REQUEST_DISABLE_MEMBER ||
           kind == REQUEST_ENABLE_MEMBER;
}

static bool request_ids_are_good(const Instance *instance, const Request *request)
{
    if (!request_is_id(instance->project_id) || !request_is_id(instance->instance_id))
        return false;
    if (request->kind != REQUEST_LIST_CHANNELS && !request_is_id(request->channel_id))
        return false;
    return !request_names_member(request->kind) || request_is_id(request->member_id);
}

int request_line(const Instance *instance, const Request *request, RequestLine *ret_line)
{
    char *end = ret_line->path;

    ret_line->body = NULL;
    ret_line->body_size = 0;
    if (!request_ids_are_good(instance, request))
        return -EINVAL;
    end = request_add(end, "/v2/");
    end = request_add(end, instance->project_id);
    end = request_add(end, instance->api == API_APIGW ? "/apigw/instances/" : "/apic/instances/");
    end = request_add(end, instance->instance_id);
    end = request_add(end, "/vpc-channels");
    if (request->kind != REQUEST_LIST_CHANNELS) {
        end = request_add(end, "/");
        end = request_add(end, request->channel_id);
        end = request_add(end, "/members");
    }
    if (!request_is_change(request->kind)) {
        ret_line->method = "GET";
        return request_set_page(request, ret_line);
    }
    if (request->kind == REQUEST_DELETE_MEMBER) {
        end = request_add(end, "/");
        request_add(end, request->member_id);
    } else if (request->kind == REQUEST_DISABLE_MEMBER) {
        request_add(end, "/batch-disable");
    } else if (request->kind == REQUEST_ENABLE_MEMBER) {
        request_add(end, "/batch-enable");
    }
    ret_line->method = request->kind == REQUEST_DELETE_MEMBER ? "DELETE" : "POST";
    ret_line->query_count = 0;
    return 0;
}

void request_append_target(const RequestLine *line, Buf *buf)
{
    buf_puts(buf, line->path);
    if (line->query_count > 0) {
        buf_putc(buf, '?');
        sign_append_query(line->query, line->query_count, buf);
    }
}

void request_append_host(const Instance *instance, Buf *buf)
{
    bool is_plain = str_has_prefix(instance->endpoint, "http://");
    const char *host = strstr(instance->endpoint, "://");
    const char *own_port = is_plain ? ":80" : ":443";
    size_t size, own_size = strlen(own_port);

    host = host ? host + 3 : instance->endpoint;
    size = strlen(host);
    if (size > own_size && str_equal(host + size - own_size, own_port))
        size -= own_size;
    buf_append(buf, host, size);
}
