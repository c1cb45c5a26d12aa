/* SPDX-License-Identifier: MIT */
/* How requests on the control socket are answered. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/http/server.h"

/* Answers with {"error": TEXT}, out of memory as well. */
void reply_refuse(ServerRequest *request, int status, const char *text);

/* Answers with what was made of `buf`, 500 where memory ran out. Takes it over. */
void reply_answer(ServerRequest *request, Buf *buf);

/* The status that suits an error: 400, 404, 409, 500, 503. */
int reply_status(int error);

/* Refuses with the status and the text of an error. */
void reply_fail(ServerRequest *request, int error, const Err *err);
