/* SPDX-License-Identifier: MIT */
#include "daemon/web/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "daemon/base/arena.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/http/tcp_socket.h"
#include "daemon/web/access.h"
#include "daemon/web/listener_files.h"

/* Whether files have changed is looked at no more often than this. */
#define LISTENER_LOOK_USEC (10 * USEC_PER_MSEC)

/* One set of settings, and what listens by it. */
typedef struct Site {
    Arena arena;
    HttpSettings settings;
    const char *directory;
    uint64_t interval_usec;
    ListenerFiles files;
    Server *server; /* NULL: nothing does yet */
    int fd;         /* the server's */
} Site;

struct Listener {
    sd_event *event;
    sd_event_source *timer;
    ServerOnRequest on_request;
    void *userdata;
    Site *site;           /* serves; NULL: nothing does */
    Site *next;           /* is to, and cannot yet; NULL: none */
    const Config *config; /* borrowed, while there was no memory for a site of it; else NULL */
    uint64_t looked_usec; /* monotonic */
    char told[512];       /* what was logged last; "" while all is well */
};

/* ---- a site ---- */

static void site_free(Site *site)
{
    if (!site)
        return;
    server_free(site->server);
    listener_files_done(&site->files);
    arena_done(&site->arena);
    free(site);
}
DEFINE_CLEANUP(Site, site_free)

/* Copies a text; NULL stays NULL. */
static int site_copy(Site *site, const char *text, const char **ret_copy)
{
    *ret_copy = text ? arena_string(&site->arena, text) : NULL;
    return text && !*ret_copy ? -ENOMEM : 0;
}

static int site_copy_hosts(Site *site, const HttpSettings *settings)
{
    const char **hosts =
        arena_alloc(&site->arena, (settings->host_count + 1) * sizeof(*settings->hosts));

    if (!hosts)
        return -ENOMEM;
    for (size_t i = 0; i < settings->host_count; i++) {
        if (site_copy(site, settings->hosts[i], &hosts[i]) < 0)
            return -ENOMEM;
    }
    site->settings.hosts = hosts;
    return 0;
}

static int site_new(const Config *config, Site **ret_site)
{
    _cleanup_(site_freep) Site *site = calloc(1, sizeof(*site));
    const HttpSettings *settings = &config->http;

    if (!site)
        return -ENOMEM;
    site->settings = *settings;
    site->interval_usec = config->interval_usec;
    if (site_copy(site, settings->listen, &site->settings.listen) < 0 ||
        site_copy(site, settings->address, &site->settings.address) < 0 ||
        site_copy(site, settings->token_file, &site->settings.token_file) < 0 ||
        site_copy(site, settings->cert_file, &site->settings.cert_file) < 0 ||
        site_copy(site, settings->key_file, &site->settings.key_file) < 0 ||
        site_copy(site, config->directory, &site->directory) < 0 ||
        site_copy_hosts(site, settings) < 0)
        return -ENOMEM;
    *ret_site = TAKE_PTR(site);
    return 0;
}

/* ---- listening ---- */

static void listener_tell(Listener *listener, const char *listen, const Err *err)
{
    if (str_equal(listener->told, err->text))
        return;
    str_copy(listener->told, sizeof(listener->told), err->text);
    log_event(LOG_LEVEL_ERR, NULL, "http %s: %s; tried again each interval%s", listen, err->text,
              listener->site ? ", and served as before until then" : "");
}

static void listener_tell_well(Listener *listener, const char *listen)
{
    if (listener->told[0])
        log_event(LOG_LEVEL_NOTICE, NULL, "http %s: works again", listen);
    listener->told[0] = '\0';
}

/* libmicrohttpd and GnuTLS keep what is secret in memory that a core dump would hold. */
static void listener_hide(const ListenerFiles *files)
{
    if (files->token || files->key)
        prctl(PR_SET_DUMPABLE, 0);
}

static void listener_on_accept(void *userdata);

static void listener_on_request(ServerRequest *request, void *userdata)
{
    const Listener *listener = userdata;

    listener->on_request(request, listener->userdata);
}

static int listener_bind(Listener *listener, Site *site, Err *err)
{
    const ServerTls tls = listener_files_tls(&site->files);
    int fd = tcp_socket_listen(site->settings.address, site->settings.port,
                               listener->site ? listener->site->fd : -1, err);

    if (fd < 0)
        return fd;
    site->fd = fd;
    return server_new_tcp(listener->event, fd, &tls, listener_on_request, listener_on_accept,
                          listener, &site->server, err);
}

/* The server of the site before goes on where the address is the same. */
static int listener_take_server(Listener *listener, Site *site, Err *err)
{
    const ServerTls tls = listener_files_tls(&site->files);
    Site *before = listener->site;
    int r;

    if (!before || !str_equal(before->settings.listen, site->settings.listen))
        return listener_bind(listener, site, err);
    r = server_use_tls(before->server, &tls, err);
    if (r < 0)
        return r;
    site->server = TAKE_PTR(before->server);
    site->fd = before->fd;
    return 0;
}

/* Has the next site serve, if it can by now. */
static void listener_try(Listener *listener)
{
    Site *site = listener->next;
    Err err = {0};
    int r;

    listener_files_done(&site->files);
    r = listener_files_read(&site->settings, site->directory, &site->files, &err);
    listener_hide(&site->files);
    if (r >= 0)
        r = listener_take_server(listener, site, &err);
    if (r < 0) {
        listener_tell(listener, site->settings.listen, &err);
        return;
    }
    if (!listener->site || !str_equal(listener->site->settings.listen, site->settings.listen))
        log_event(LOG_LEVEL_INFO, NULL, "http: listens on %s%s", site->settings.listen,
                  site->files.key ? " with TLS" : "");
    listener_tell_well(listener, site->settings.listen);
    site_free(listener->site);
    listener->site = TAKE_PTR(listener->next);
}

/* ---- files that change ---- */

static int listener_renew(const Site *site, ListenerFiles *now, Err *err)
{
    const ServerTls tls = listener_files_tls(now);

    return tls.certificates ? server_use_tls(site->server, &tls, err) : 0;
}

/* What cannot be used leaves what there was in force, and is not tried again before a file changes
 * once more. */
static void listener_read_again(Listener *listener,
                                const FileStamp stamps[static LISTENER_FILE_COUNT])
{
    Site *site = listener->site;
    ListenerFiles now = {0};
    Err err = {0};
    int r = listener_files_read(&site->settings, site->directory, &now, &err);

    listener_hide(&now);
    if (r >= 0)
        r = listener_renew(site, &now, &err);
    if (r < 0) {
        memcpy(site->files.stamps, stamps, sizeof(site->files.stamps));
        listener_files_done(&now);
        listener_tell(listener, site->settings.listen, &err);
        return;
    }
    log_event(LOG_LEVEL_INFO, NULL, "http %s: certificate, key and token were read again",
              site->settings.listen);
    listener_tell_well(listener, site->settings.listen);
    listener_files_done(&site->files);
    site->files = now;
}

static void listener_look(Listener *listener)
{
    FileStamp stamps[LISTENER_FILE_COUNT] = {0};
    Site *site = listener->site;

    listener->looked_usec = clock_monotonic_usec();
    if (site && listener_files_stamp(&site->settings, site->directory, stamps) == 0 &&
        memcmp(stamps, site->files.stamps, sizeof(stamps)) != 0)
        listener_read_again(listener, stamps);
}

static void listener_on_accept(void *userdata)
{
    Listener *listener = userdata;

    if (clock_monotonic_usec() - listener->looked_usec >= LISTENER_LOOK_USEC)
        listener_look(listener);
}

/* ---- each interval ---- */

static void listener_wait(Listener *listener)
{
    const Site *site = listener->next ? listener->next : listener->site;
    uint64_t interval_usec = listener->config ? listener->config->interval_usec
                             : site           ? site->interval_usec
                                              : 0;

    if (interval_usec == 0) {
        sd_event_source_set_enabled(listener->timer, SD_EVENT_OFF);
        return;
    }
    sd_event_source_set_time(listener->timer, clock_monotonic_usec() + interval_usec);
    sd_event_source_set_enabled(listener->timer, SD_EVENT_ONESHOT);
}

static int listener_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    Listener *listener = userdata;

    (void)source;
    (void)usec;
    if (listener->config)
        listener_use(listener, listener->config);
    else if (listener->next)
        listener_try(listener);
    else
        listener_look(listener);
    listener_wait(listener);
    return 0;
}

void listener_use(Listener *listener, const Config *config)
{
    Site *site = NULL;
    Err err = {0};

    site_free(TAKE_PTR(listener->next));
    listener->config = NULL;
    if (!config->http.listen) {
        site_free(TAKE_PTR(listener->site));
        listener->told[0] = '\0';
    } else if (site_new(config, &site) < 0) {
        listener->config = config;
        err_memory(&err);
        listener_tell(listener, config->http.listen, &err);
    } else {
        listener->next = site;
        listener_try(listener);
    }
    listener_wait(listener);
}

int listener_check_host(const Listener *listener, const ServerRequest *request)
{
    return access_check_host(&listener->site->settings, server_request_header(request, "Host"));
}

int listener_check_token(const Listener *listener, const ServerRequest *request)
{
    const Secret *token = listener->site->files.token;

    if (!token || access_check_token(token, server_request_header(request, "Authorization")))
        return 0;
    return 401;
}

int listener_new(sd_event *event, ServerOnRequest on_request, void *userdata,
                 Listener **ret_listener)
{
    _cleanup_(listener_freep) Listener *listener = calloc(1, sizeof(*listener));
    int r;

    if (!listener)
        return -ENOMEM;
    *listener = (Listener){.event = event, .on_request = on_request, .userdata = userdata};
    r = sd_event_add_time(event, &listener->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                          listener_on_time, listener);
    if (r >= 0)
        r = sd_event_source_set_enabled(listener->timer, SD_EVENT_OFF);
    if (r < 0)
        return r;
    *ret_listener = TAKE_PTR(listener);
    return 0;
}

void listener_free(Listener *listener)
{
    if (!listener)
        return;
    sd_event_source_disable_unref(listener->timer);
    site_free(listener->next);
    site_free(listener->site);
    free(listener);
}
