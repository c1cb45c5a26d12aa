/* SPDX-License-Identifier: MIT */
/* How requests on the control socket are answered. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/http/server.h"
#include "daemon/json/json_writer.h"

/* Puts a time: realtime, or a moment of the monotonic clock as people read it; null for 0, and for
 * USEC_NEVER. */
void reply_put_time(JsonWriter *writer, const char *key, uint64_t realtime_usec);
void reply_put_moment(JsonWriter *writer, const char *key, uint64_t monotonic_usec);

/* Answers with {"error": TEXT}, out of memory as well. */
void reply_refuse(ServerRequest *request, int status, const char *text);

/* Answers with what was made of `buf`, 500 where memory ran out. Takes it over. */
void reply_answer(ServerRequest *request, Buf *buf);

/* The same with another status, or a body that is not JSON, such as SERVER_TEXT. */
void reply_answer_type(ServerRequest *request, int status, const char *content_type, Buf *buf);

/* Answers with what `parts` make, which are taken over: at once where one part is all there is,
 * else part by part. Where the first cannot be made, or `result` is an error already, it refuses
 * with that, told in `err`, which lives as long as the parts. */
void reply_parts(ServerRequest *request, const char *content_type, const ServerParts *parts,
                 int result, const Err *err);

/* The status that suits an error: 400, 404, 409, 423 (another host has it), 500, 503. */
int reply_status(int error);

/* Refuses with the status and the text of an error. */
void reply_fail(ServerRequest *request, int error, const Err *err);
