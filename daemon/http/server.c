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

/* Connections taken in one turn of the loop: the next turn takes more. */
#define SERVER_ACCEPTS_AT_ONCE 16

/* libmicrohttpd's own limit: those that are shut down are its until it has seen their end. */
#define SERVER_CONNECTIONS_HARD_MAX (2 * ADMISSION_MAX)

#define SERVER_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* ---- the loop ---- */

void server_arm(Server *server, uint64_t delay_usec)
{
    sd_event_source_set_time(server->timer, clock_monotonic_usec() + delay_usec);
    sd_event_source_set_enabled(server->timer, SD_EVENT_ONESHOT);
}

/* Runs it, and has the next moment come earlier where it asks for that. */
static void server_run_engine(const ServerEngine *engine, uint64_t *next_usec)
{
    MHD_UNSIGNED_LONG_LONG timeout_msec;

    if (!engine->daemon)
        return;
    MHD_run(engine->daemon);
    if (MHD_get_timeout(engine->daemon, &timeout_msec) == MHD_YES &&
        timeout_msec * USEC_PER_MSEC < *next_usec)
        *next_usec = timeout_msec * USEC_PER_MSEC;
}

static void server_run(Server *server)
{
    uint64_t next_usec = USEC_NEVER;

    server_run_engine(&server->engine, &next_usec);
    server_run_engine(&server->retired, &next_usec);
    if (next_usec != USEC_NEVER)
        server_arm(server, next_usec);
    else
        sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
    if ((server->admission.peers || server->retired.daemon || server->is_full) &&
        sd_event_source_get_enabled(server->sweep, NULL) == 0) {
        sd_event_source_set_time(server->sweep, clock_monotonic_usec() + USEC_PER_SEC);
        sd_event_source_set_enabled(server->sweep, SD_EVENT_ONESHOT);
    }
}

static void server_end_engine(Server *server, ServerEngine *engine)
{
    if (engine->io)
        share_remove(&server->share, engine->io);
    sd_event_source_disable_unref(TAKE_PTR(engine->io));
    if (engine->daemon)
        MHD_stop_daemon(engine->daemon);
    engine->daemon = NULL;
}

/* Those that were made before a new certificate have ended, or been ended. */
static void server_end_retired(Server *server)
{
    const union MHD_DaemonInfo *info;

    if (!server->retired.daemon)
        return;
    info = MHD_get_daemon_info(server->retired.daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    if (!info || info->num_connections == 0)
        server_end_engine(server, &server->retired);
}

static void server_take_turn(Server *server)
{
    share_begin_turn(&server->share);
    server_run(server);
    share_end_turn(&server->share);
}

static int server_on_io(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    (void)source;
    (void)fd;
    (void)events;
    server_take_turn(userdata);
    return 0;
}

static int server_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    server_take_turn(userdata);
    return 0;
}

static int server_on_sweep(sd_event_source *source, uint64_t usec, void *userdata)
{
    Server *server = userdata;

    (void)source;
    (void)usec;
    share_begin_turn(&server->share);
    /* What came while the loop was held, by a slow disk perhaps, is read first. */
    server_run(server);
    admission_end_overdue(&server->admission, clock_monotonic_usec());
    server_end_retired(server);
    server->is_full = false;
    sd_event_source_set_enabled(server->listen, SD_EVENT_ON);
    server_run(server);
    share_end_turn(&server->share);
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

/* libmicrohttpd closes it, also where it fails. */
static void server_add_connection(Server *server, int fd)
{
    struct sockaddr_storage address = {.ss_family = AF_UNIX};
    socklen_t size = sizeof(address);

    getpeername(fd, (struct sockaddr *)&address, &size);
    MHD_add_connection(server->engine.daemon, fd, (struct sockaddr *)&address, size);
    /* libmicrohttpd registers a connection here, so that the next one is counted after it. */
    MHD_run(server->engine.daemon);
}

static int server_on_listen(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
    Server *server = userdata;
    int r = 0;

    (void)events;
    share_begin_turn(&server->share);
    if (server->on_accept)
        server->on_accept(server->userdata);
    for (size_t i = 0; i < SERVER_ACCEPTS_AT_ONCE && r != -EAGAIN && !server->is_full; i++) {
        r = admission_accept(&server->admission, fd);
        if (r >= 0) {
            server_add_connection(server, r);
        } else if (r != -EAGAIN && r != -EBUSY) {
            /* Such as -EMFILE: it would be tried again without end. */
            log_event(LOG_LEVEL_WARNING, NULL, "%s takes no connection: %s", server->name,
                      strerror(-r));
            server->is_full = true;
            sd_event_source_set_enabled(source, SD_EVENT_OFF);
        }
    }
    server_run(server);
    share_end_turn(&server->share);
    return 0;
}

/* ---- beginning and ending ---- */

/* No time limit: it would close connections before it reads what came while the loop was held. */
static struct MHD_Daemon *server_start_daemon(Server *server, const ServerTls *tls)
{
    const struct MHD_OptionItem tls_options[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)tls->certificates},
        {MHD_OPTION_HTTPS_MEM_KEY, 0,
         (void *)(uintptr_t)(tls->certificates ? secret_bytes(tls->key) : NULL)},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)SERVER_TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none = {MHD_OPTION_END, 0, NULL};
    unsigned int flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET;

    return MHD_start_daemon(
        tls->certificates ? flags | MHD_USE_TLS : flags, 0, NULL, NULL, server_request_on_part,
        server, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)SERVER_CONNECTIONS_HARD_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_HEADERS_SIZE_MAX,
        MHD_OPTION_NOTIFY_COMPLETED, server_request_on_completed, server,
        MHD_OPTION_NOTIFY_CONNECTION, server_on_connection, server, MHD_OPTION_ARRAY,
        tls->certificates ? tls_options : &none, MHD_OPTION_END);
}

static int server_begin_engine(Server *server, const ServerTls *tls, ServerEngine *ret_engine,
                               Err *err)
{
    ServerEngine engine = {.daemon = server_start_daemon(server, tls)};
    const union MHD_DaemonInfo *info;
    int r;

    if (!engine.daemon && tls->certificates)
        return err_set(err, -EINVAL,
                       "the certificate and the key cannot be used: they must be PEM, and belong "
                       "together");
    if (!engine.daemon)
        return err_set(err, -EIO, "it cannot be served");
    info = MHD_get_daemon_info(engine.daemon, MHD_DAEMON_INFO_EPOLL_FD);
    r = info ? sd_event_add_io(server->event, &engine.io, info->epoll_fd, EPOLLIN, server_on_io,
                               server)
             : -EIO;
    if (r >= 0)
        r = share_add(&server->share, engine.io);
    if (r < 0) {
        server_end_engine(server, &engine);
        return err_system(err, r, "it cannot be served");
    }
    *ret_engine = engine;
    return 0;
}

int server_use_tls(Server *server, const ServerTls *tls, Err *err)
{
    ServerEngine engine;
    int r = server_begin_engine(server, tls, &engine, err);

    if (r < 0)
        return r;
    server_end_engine(server, &server->retired);
    server->retired = server->engine;
    server->engine = engine;
    server_run(server);
    return 0;
}

static int server_add_sources(Server *server)
{
    sd_event_source **sources[] = {&server->listen, &server->timer, &server->sweep};
    int r = sd_event_add_io(server->event, &server->listen, server->listen_fd, EPOLLIN,
                            server_on_listen, server);

    if (r >= 0)
        r = sd_event_add_time(server->event, &server->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                              server_on_timer, server);
    if (r >= 0)
        r = sd_event_add_time(server->event, &server->sweep, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                              server_on_sweep, server);
    for (size_t i = 0; i < ELEMENTS(sources) && r >= 0; i++)
        r = share_add(&server->share, *sources[i]);
    if (r >= 0)
        r = sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_source_set_enabled(server->sweep, SD_EVENT_OFF);
    return r < 0 ? r : 0;
}

static int server_begin(const Server *like, const ServerTls *tls, Server **ret_server, Err *err)
{
    _cleanup_(server_freep) Server *server = calloc(1, sizeof(*server));
    int r;

    if (!server) {
        close(like->listen_fd);
        return err_memory(err);
    }
    *server = *like;
    r = share_init(&server->share, server->event);
    if (r < 0)
        return err_system(err, r, "it cannot be served");
    r = server_begin_engine(server, tls, &server->engine, err);
    if (r < 0)
        return r;
    r = server_add_sources(server);
    if (r < 0)
        return err_system(err, r, "it cannot be served");
    *ret_server = TAKE_PTR(server);
    return 0;
}

int server_new(sd_event *event, int listen_fd, ServerOnRequest on_request, void *userdata,
               Server **ret_server)
{
    const Server like = {.event = event,
                         .name = "the control socket",
                         .listen_fd = listen_fd,
                         .on_request = on_request,
                         .userdata = userdata};

    return server_begin(&like, &(ServerTls){0}, ret_server, NULL);
}

int server_new_tcp(sd_event *event, int listen_fd, const ServerTls *tls, ServerOnRequest on_request,
                   ServerOnAccept on_accept, void *userdata, Server **ret_server, Err *err)
{
    const Server like = {.event = event,
                         .name = "http",
                         .listen_fd = listen_fd,
                         .on_request = on_request,
                         .on_accept = on_accept,
                         .userdata = userdata};

    return server_begin(&like, tls, ret_server, err);
}

void server_free(Server *server)
{
    if (!server)
        return;
    /* Answers given just before still go out, as far as the other side takes them at once. */
    for (int i = 0; i < 4 && server->engine.daemon; i++)
        MHD_run(server->engine.daemon);
    sd_event_source_disable_unref(server->listen);
    sd_event_source_disable_unref(server->timer);
    sd_event_source_disable_unref(server->sweep);
    server_end_engine(server, &server->engine);
    server_end_engine(server, &server->retired);
    share_done(&server->share);
    close(server->listen_fd);
    free(server);
}
