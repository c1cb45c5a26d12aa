/* SPDX-License-Identifier: MIT */
#include "daemon/control/reply.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/base/secret_file.h"

void reply_put_time(JsonWriter *writer, const char *key, uint64_t realtime_usec)
{
    char text[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(realtime_usec, text);
    json_put_text(writer, key, realtime_usec ? text : NULL);
}

void reply_put_moment(JsonWriter *writer, const char *key, uint64_t monotonic_usec)
{
    uint64_t now_usec = clock_monotonic_usec(), realtime_usec = clock_realtime_usec();

    if (monotonic_usec == 0 || monotonic_usec == USEC_NEVER)
        realtime_usec = 0;
    else if (monotonic_usec > now_usec)
        realtime_usec += monotonic_usec - now_usec;
    else
        realtime_usec -= now_usec - monotonic_usec;
    reply_put_time(writer, key, realtime_usec);
}

void reply_refuse(ServerRequest *request, int status, const char *text)
{
    Buf body = {0};

    json_append_error(text, &body);
    if (server_request_is_remote(request))
        secret_file_redact(&body);
    server_reply(request, status, &body);
}

void reply_answer(ServerRequest *request, Buf *buf)
{
    reply_answer_type(request, 200, SERVER_JSON, buf);
}

void reply_answer_type(ServerRequest *request, int status, const char *content_type, Buf *buf)
{
    if (server_request_is_remote(request))
        secret_file_redact(buf);
    if (buf_failed(buf) == 0) {
        server_reply_type(request, status, content_type, buf);
        return;
    }
    buf_done(buf);
    reply_refuse(request, 500, "out of memory");
}

int reply_status(int error)
{
    switch (error) {
    case -EINVAL:
        return 400;
    case -ENOENT:
        return 404;
    case -ENOTUNIQ:
    case -EALREADY:
    case -EPERM:
        return 409;
    case -EWOULDBLOCK:
        return 423;
    case -EBUSY:
    case -EHOSTUNREACH:
        return 503;
    default:
        return 500;
    }
}

void reply_fail(ServerRequest *request, int error, const Err *err)
{
    reply_refuse(request, reply_status(error), err->text);
}

void reply_parts(ServerRequest *request, const char *content_type, const ServerParts *parts,
                 int result, const Err *err)
{
    Buf first = {0};

    if (result == 0)
        result = parts->next(parts->userdata, &first);
    if (result > 0 && buf_failed(&first) == 0) {
        if (server_request_is_remote(request))
            secret_file_redact(&first);
        server_reply_parts(request, 200, content_type, &first, parts);
        return;
    }
    if (result < 0 && err_is_set(err)) {
        buf_done(&first);
        reply_fail(request, result, err);
    } else {
        first.failed = first.failed || result < 0;
        reply_answer_type(request, 200, content_type, &first);
    }
    parts->done(parts->userdata);
}
