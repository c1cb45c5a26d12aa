/* SPDX-License-Identifier: MIT */
#include "daemon/http/server.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/file.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/http/server_internal.h"

/* Passes go first: what the loop does for clients waits until nothing else is to be done. */
#define SERVER_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 50)

/* Connections taken in one turn of the loop: the next turn takes more. */
#define SERVER_ACCEPTS_AT_ONCE 16

/* libmicrohttpd's own limit: those that are shut down are its until it has seen their end. */
#define SERVER_CONNECTIONS_HARD_MAX (2 * ADMISSION_MAX)

/* ---- the loop ---- */

void server_arm(Server *server, uint64_t delay_usec)
{
    sd_event_source_set_time(server->timer, clock_monotonic_usec() + delay_usec);
    sd_event_source_set_enabled(server->timer, SD_EVENT_ONESHOT);
}

static void server_run(Server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout_msec;

    MHD_run(server->daemon);
    if (MHD_get_timeout(server->daemon, &timeout_msec) == MHD_YES)
        server_arm(server, timeout_msec * USEC_PER_MSEC);
    else
        sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
    if ((server->admission.peers || server->is_full) &&
        sd_event_source_get_enabled(server->sweep, NULL) == 0) {
        sd_event_source_set_time(server->sweep, clock_monotonic_usec() + USEC_PER_SEC);
        sd_event_source_set_enabled(server->sweep, SD_EVENT_ONESHOT);
    }
}

static int server_on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    (void)source;
    (void)fd;
    (void)events;
    server_run(userdata);
    return 0;
}

static int server_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    server_run(userdata);
    return 0;
}

static int server_on_sweep(sd_event_source *source, uint64_t usec, void *userdata)
{
    Server *server = userdata;

    (void)source;
    (void)usec;
    /* What came while the loop was held, by a slow disk perhaps, is read first. */
    MHD_run(server->daemon);
    admission_end_overdue(&server->admission, clock_monotonic_usec());
    server->is_full = false;
    sd_event_source_set_enabled(server->listen, SD_EVENT_ON);
    server_run(server);
    return 0;
}

/* ---- connections ---- */

static void server_begin_peer(Server *server, struct MHD_Connection *connection,
                              void **socket_context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (info)
        *socket_context = admission_add(&server->admission, info->connect_fd,
                                        clock_monotonic_usec() + SERVER_TIME_USEC);
}

static void server_on_connection(void *userdata, struct MHD_Connection *connection,
                                 void **socket_context, enum MHD_ConnectionNotificationCode what)
{
    Server *server = userdata;

    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        server_begin_peer(server, connection, socket_context);
    else if (*socket_context)
        admission_remove(&server->admission, *socket_context);
}

/* ---- who may connect ---- */

static int server_on_listen(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    const struct sockaddr address = {.sa_family = AF_UNIX};
    Server *server = userdata;
    int r = 0;

    (void)events;
    for (size_t i = 0; i < SERVER_ACCEPTS_AT_ONCE && r != -EAGAIN && !server->is_full; i++) {
        r = admission_accept(&server->admission, fd);
        if (r >= 0) {
            /* libmicrohttpd closes it, also where it fails. */
            MHD_add_connection(server->daemon, r, &address, sizeof(address));
            /* libmicrohttpd registers a connection here, so that the next one is counted after
             * it. */
            MHD_run(server->daemon);
        } else if (r != -EAGAIN && r != -EBUSY) {
            /* Such as -EMFILE: it would be tried again without end. */
            log_event(LOG_LEVEL_WARNING, NULL, "the control socket takes no connection: %s",
                      strerror(-r));
            server->is_full = true;
            sd_event_source_set_enabled(source, SD_EVENT_OFF);
        }
    }
    server_run(server);
    return 0;
}

/* ---- beginning and ending ---- */

static int server_add_sources(Server *server, sd_event *event)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    sd_event_source **sources[] = {&server->listen, &server->io, &server->timer, &server->sweep};
    int r;

    if (!info)
        return -EIO;
    r = sd_event_add_io(event, &server->io, info->epoll_fd, EPOLLIN, server_on_io, server);
    if (r >= 0)
        r = sd_event_add_io(event, &server->listen, server->listen_fd, EPOLLIN, server_on_listen,
                            server);
    if (r >= 0)
        r = sd_event_add_time(event, &server->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                              server_on_timer, server);
    if (r >= 0)
        r = sd_event_add_time(event, &server->sweep, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                              server_on_sweep, server);
    for (size_t i = 0; i < ELEMENTS(sources) && r >= 0; i++)
        r = sd_event_source_set_priority(*sources[i], SERVER_PRIORITY);
    if (r >= 0)
        r = sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_source_set_enabled(server->sweep, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

int server_new(sd_event *event, int listen_fd, ServerOnRequest on_request, void *userdata,
               Server **ret_server)
{
    _cleanup_(server_freep) Server *server = calloc(1, sizeof(*server));
    int r;

    if (!server) {
        close(listen_fd);
        return -ENOMEM;
    }
    server->listen_fd = listen_fd;
    server->on_request = on_request;
    server->userdata = userdata;
    /* No time limit: it would close connections before it reads what came while the loop was held.
     */
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL,
        server_request_on_part, server, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned int)SERVER_CONNECTIONS_HARD_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)SERVER_HEADERS_SIZE_MAX, MHD_OPTION_NOTIFY_COMPLETED, server_request_on_completed,
        server, MHD_OPTION_NOTIFY_CONNECTION, server_on_connection, server, MHD_OPTION_END);
    if (!server->daemon)
        return -EIO;
    r = server_add_sources(server, event);
    if (r < 0)
        return r;
    *ret_server = TAKE_PTR(server);
    return 0;
}

void server_free(Server *server)
{
    if (!server)
        return;
    /* Answers given just before still go out, as far as the other side takes them at once. */
    for (int i = 0; i < 4 && server->daemon; i++)
        MHD_run(server->daemon);
    sd_event_source_disable_unref(server->listen);
    sd_event_source_disable_unref(server->io);
    sd_event_source_disable_unref(server->timer);
    sd_event_source_disable_unref(server->sweep);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    close(server->listen_fd);
    free(server);
}
