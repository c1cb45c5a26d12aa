/* SPDX-License-Identifier: MIT */
#include "daemon/control/reply.h"

#include <errno.h>

#include "daemon/json/json_writer.h"

void reply_refuse(ServerRequest *request, int status, const char *text)
{
    Buf body = {0};

    json_append_error(text, &body);
    server_reply(request, status, &body);
}

void reply_answer(ServerRequest *request, Buf *buf)
{
    if (buf_failed(buf) == 0) {
        server_reply(request, 200, buf);
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
    case -EBUSY:
        return 503;
    default:
        return 500;
    }
}

void reply_fail(ServerRequest *request, int error, const Err *err)
{
    reply_refuse(request, reply_status(error), err->text);
}
