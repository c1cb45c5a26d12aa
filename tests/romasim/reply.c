/* SPDX-License-Identifier: MIT */
/* Answers on the wire: whole, or broken as a fault says (reset, closed, stalled, dripping, cut off,
 * too much). */
#include "tests/romasim/reply.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/romasim/alloc.h"
#include "tests/romasim/deform.h"
#include "tests/romasim/service.h"
#include "tests/romasim/timing.h"

/* A body that is sent in an unusual way. Behind its own bytes come blanks. */
typedef struct Stream {
    struct MHD_Connection *connection;
    Blob *body;
    uint64_t size;
    bool endless;
    int truncate, stall_after;
    int drip_bytes, drip_msec;
    uint64_t next_msec; /* of a drip: when the next bytes may go */
} Stream;

static void free_stream(void *userdata)
{
    Stream *s = userdata;

    blob_unref(s->body);
    free(s);
}

static void free_blob(void *userdata)
{
    blob_unref(userdata);
}

static void resume(void *userdata)
{
    MHD_resume_connection(userdata);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How many bytes may go now: 0 after suspending the connection. */
static uint64_t allowed(Stream *s, uint64_t pos, uint64_t wanted)
{
    uint64_t now;

    if (s->stall_after >= 0) {
        if (pos >= (uint64_t)s->stall_after) {
            MHD_suspend_connection(s->connection);
            return 0;
        }
        wanted = least(wanted, (uint64_t)s->stall_after - pos);
    }
    if (s->truncate >= 0)
        wanted = least(wanted, (uint64_t)s->truncate - pos);
    if (s->drip_bytes <= 0)
        return wanted;
    now = timing_now_msec();
    if (now < s->next_msec) {
        MHD_suspend_connection(s->connection);
        timing_after(s->next_msec - now, resume, s->connection);
        return 0;
    }
    s->next_msec = now + (uint64_t)s->drip_msec;
    return least(wanted, (uint64_t)s->drip_bytes);
}

static ssize_t on_read(void *userdata, uint64_t pos, char *buffer, size_t max)
{
    Stream *s = userdata;
    uint64_t n = max, from_body;

    if (s->truncate >= 0 && pos >= (uint64_t)s->truncate)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (!s->endless && pos >= s->size)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (!s->endless)
        n = least(n, s->size - pos);
    n = allowed(s, pos, n);
    from_body = pos < s->body->size ? least(n, s->body->size - pos) : 0;
    if (from_body > 0)
        memcpy(buffer, s->body->data + pos, from_body);
    memset(buffer + from_body, ' ', n - from_body);
    return (ssize_t)n;
}

static struct MHD_Response *make_stream(Request *r)
{
    const Fault *f = r->fault;
    Stream *s = alloc_zero(1, sizeof(*s));

    s->connection = r->connection;
    s->body = blob_ref(r->answer.body);
    s->size = s->body->size;
    if (f->oversize_bytes > 0 && (uint64_t)f->oversize_bytes > s->size)
        s->size = (uint64_t)f->oversize_bytes;
    s->endless = f->endless;
    s->truncate = f->truncate;
    s->stall_after = f->stall_after;
    s->drip_bytes = f->drip_bytes;
    s->drip_msec = f->drip_msec;
    return MHD_create_response_from_callback(f->chunked || f->endless ? MHD_SIZE_UNKNOWN : s->size,
                                             64u << 10, on_read, s, free_stream);
}

static struct MHD_Response *make_response(Request *r)
{
    const Answer *a = &r->answer;

    if (!a->body)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (fault_shapes_body(r->fault))
        return make_stream(r);
    return MHD_create_response_from_buffer_with_free_callback_cls(a->body->size, a->body->data,
                                                                  free_blob, blob_ref(a->body));
}

/* The fault's own headers win over the service's. */
static bool has_header(const Answer *a, const char *name)
{
    for (const Header *h = a->headers; h; h = h->next)
        if (strcasecmp(h->name, name) == 0)
            return true;
    return false;
}

static void add_header(struct MHD_Response *response, const Answer *a, const char *name,
                       const char *value)
{
    if (!has_header(a, name))
        MHD_add_response_header(response, name, value);
}

static enum MHD_Result queue(Request *r)
{
    const Answer *a = &r->answer;
    struct MHD_Response *response = make_response(r);
    enum MHD_Result result;

    if (!response)
        alloc_die("cannot make a response");
    add_header(response, a, "X-Request-Id", r->id);
    add_header(response, a, "Date", timing_http_date());
    if (a->content_type)
        add_header(response, a, "Content-Type", a->content_type);
    for (const Header *h = a->headers; h; h = h->next)
        MHD_add_response_header(response, h->name, h->value);
    result = MHD_queue_response(r->connection, (unsigned)a->status, response);
    MHD_destroy_response(response);
    return result;
}

/* An RST on the wire at once, before the library can close the connection in an orderly way. */
static void reset(const Request *r)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

    setsockopt(r->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    (void)connect(r->fd, &nowhere, sizeof(nowhere));
}

enum MHD_Result reply_send(Request *r)
{
    const Fault *f = r->fault;
    bool is_lost = f && (f->reset || f->close || f->stall);

    deform_act_after(r);
    service_finish(r, is_lost ? 0 : r->answer.status);
    if (f && f->reset)
        reset(r);
    if (f && (f->reset || f->close))
        return MHD_NO;
    if (f && f->stall) {
        r->stage = STAGE_STALL;
        MHD_suspend_connection(r->connection);
        return MHD_YES;
    }
    r->stage = STAGE_QUEUED;
    return queue(r);
}
