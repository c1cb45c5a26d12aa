/* SPDX-License-Identifier: MIT */
/* The HTTP library at work: one thread, one loop; requests are collected here and decided
 * elsewhere. */
#include "tests/romasim/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/romasim/admin.h"
#include "tests/romasim/alloc.h"
#include "tests/romasim/reply.h"
#include "tests/romasim/request.h"
#include "tests/romasim/service.h"
#include "tests/romasim/stats.h"
#include "tests/romasim/timing.h"

/* Room for the longest header that the front gateway lets in, and for one that it refuses; the
 * library clears all of it for every request, and answers what does not fit by itself (431). */
#define CONNECTION_MEMORY (80u << 10)
#define CONNECTIONS_MAX 20000u
#define WAIT_MSEC_MAX 250

static struct MHD_Daemon *server;

static void *on_uri(void *userdata, const char *uri, struct MHD_Connection *connection)
{
    (void)userdata;
    (void)connection;
    return request_new(uri);
}

static void on_due(void *userdata)
{
    Request *r = userdata;

    r->stage = STAGE_READY;
    MHD_resume_connection(r->connection);
}

static void begin(Request *r, struct MHD_Connection *connection, const char *method)
{
    StatsConnection *counted =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;

    r->connection = connection;
    r->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    r->method = alloc_copy(method);
    r->is_admin = strncmp(r->uri, "/_sim/", 6) == 0;
    r->stage = STAGE_BODY;
    if (!r->is_admin && counted)
        stats_begin_connection(counted, r->fd);
}

static void collect(Request *r, const char *data, size_t size)
{
    if (r->is_admin || r->body.len + size <= REQUEST_BODY_MAX)
        text_add_bytes(&r->body, data, size);
    else
        r->body_too_long = true;
}

static enum MHD_Result finish(Request *r)
{
    uint64_t wait_msec;

    if (r->is_admin) {
        admin_handle(r);
        return reply_send(r);
    }
    wait_msec = service_handle(r);
    if (wait_msec == 0)
        return reply_send(r);
    r->stage = STAGE_WAIT;
    MHD_suspend_connection(r->connection);
    timing_after(wait_msec, on_due, r);
    return MHD_YES;
}

static enum MHD_Result on_access(void *userdata, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload_data,
                                 size_t *upload_data_size, void **request)
{
    Request *r = *request;

    (void)userdata;
    (void)url;
    (void)version;
    if (r->stage == STAGE_HEAD) {
        begin(r, connection, method);
        return MHD_YES;
    }
    if (*upload_data_size > 0) {
        collect(r, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return MHD_YES;
    }
    if (r->stage == STAGE_BODY)
        return finish(r);
    return r->stage == STAGE_READY ? reply_send(r) : MHD_YES;
}

static void on_completed(void *userdata, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode why)
{
    Request *r = *request;

    (void)userdata;
    (void)connection;
    (void)why;
    if (!r)
        return;
    service_finish(r, 0);
    stats_end(r);
    request_free(r);
    *request = NULL;
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    (void)userdata;
    (void)connection;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = alloc_zero(1, sizeof(StatsConnection));
    } else {
        if (*socket_context)
            stats_end_connection(*socket_context);
        free(*socket_context);
        *socket_context = NULL;
    }
}

static char *read_pem(const char *path)
{
    Text t = {0};
    char buffer[4096];
    size_t n;
    FILE *file = fopen(path, "re");

    if (!file)
        alloc_die("%s: %s", path, strerror(errno));
    while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0)
        text_add_bytes(&t, buffer, n);
    fclose(file);
    if (!t.data)
        alloc_die("%s: it is empty", path);
    return t.data;
}

/* A listening socket; `*ret_port` is the port it really has. */
static int listen_on(const ServerOptions *options, uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(options->port)};
    socklen_t len = sizeof(address);
    int fd, yes = 1;

    if (inet_pton(AF_INET, options->bind, &address.sin_addr) != 1)
        alloc_die("%s: not an IPv4 address", options->bind);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4096) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        alloc_die("cannot listen on %s:%u: %s", options->bind, options->port, strerror(errno));
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

uint16_t server_start(const ServerOptions *options)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_SUPPRESS_DATE_NO_CLOCK;
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, NULL},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, NULL},
                                   {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    uint16_t port;
    int fd;

    raise_file_limit();
    fd = listen_on(options, &port);
    if (options->tls_cert) {
        flags |= MHD_USE_TLS;
        tls[0].ptr_value = read_pem(options->tls_cert);
        tls[1].ptr_value = read_pem(options->tls_key);
    }
    server = MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
        CONNECTIONS_MAX, MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL, MHD_OPTION_ARRAY,
        options->tls_cert ? tls : none, MHD_OPTION_END);
    if (!server)
        alloc_die("the HTTP server does not start");
    return port;
}

/* A signal interrupts the wait; one that comes just before it is noticed at its end. */
void server_run(volatile const bool *stop)
{
    while (!*stop) {
        timing_run();
        if (MHD_run_wait(server, timing_next_msec(WAIT_MSEC_MAX)) == MHD_NO)
            alloc_die("the HTTP server failed");
    }
}
