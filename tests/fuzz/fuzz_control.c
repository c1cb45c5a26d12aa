/* SPDX-License-Identifier: MIT */
/*
 * Fuzzes what is asked on the control socket, behind its HTTP (fuzz_server.c has that). The first
 * byte is a set of bits: who asks, and how the daemon is; then requests, one after the other, each
 * ended by a byte 0x1e: "METHOD PATH?NAME=VALUE&...\n" and the body. Whatever comes in, each
 * request is answered once, with an object in JSON and a status that is true of it; whoever may
 * change nothing changes nothing. There are real channels, a history, pauses, approvals; no pass is
 * made.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/load/config_load.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/control/control_internal.h"
#include "daemon/control/reply.h"
#include "daemon/http/misdirected.h"
#include "daemon/json/json_parser.h"
#include "tests/fuzz/control_request.h"
#include "tests/scratch.h"

enum {
    IS_OWNER = 1 << 0,
    IS_DRY_RUN = 1 << 1,
    IS_WITHOUT_STORE = 1 << 2,
    IS_STARTING = 1 << 3, /* no controller yet */
};

#define REQUEST_END 0x1e
#define REQUESTS_MAX 8
#define DIGEST "abababababababababababababababababababababababababababababababab"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- instead of the server ---- */

static ServerOnRequest server_on_request;
static void *server_userdata;
static unsigned int flags;
static bool did_change; /* the state, since it was cleaned */

int __wrap_server_new(sd_event *event, int listen_fd, ServerOnRequest on_request, void *userdata,
                      Server **ret_server)
{
    (void)event;
    (void)listen_fd;
    server_on_request = on_request;
    server_userdata = userdata;
    *ret_server = NULL;
    return 0;
}

void __wrap_server_free(Server *server)
{
    (void)server;
}

const char *__wrap_server_request_method(const ServerRequest *request)
{
    return request->method;
}

const char *__wrap_server_request_path(const ServerRequest *request)
{
    return request->path;
}

const char *__wrap_server_request_find(const ServerRequest *request, const char *name)
{
    for (size_t i = 0; i < request->query_count; i++) {
        if (str_equal(request->names[i], name))
            return request->values[i];
    }
    return NULL;
}

/* Headers stand among the parameters. */
const char *__wrap_server_request_header(const ServerRequest *request, const char *name)
{
    return __wrap_server_request_find(request, name);
}

uid_t __wrap_server_request_uid(const ServerRequest *request)
{
    return request->may_change ? 0 : 1000;
}

const Buf *__wrap_server_request_body(const ServerRequest *request)
{
    return &request->body;
}

bool __wrap_server_request_may_change(const ServerRequest *request)
{
    return request->may_change;
}

void __wrap_server_request_add_header(ServerRequest *request, const char *name, const char *value)
{
    assert(request->status == 0);
    assert(str_equal(name, "Allow") && (str_equal(value, "GET, HEAD") || str_equal(value, "POST")));
}

bool __wrap_server_request_is_remote(const ServerRequest *request)
{
    (void)request;
    return false;
}

void __wrap_server_request_set_policy(ServerRequest *request, const char *policy)
{
    assert(control_request_is_look(request) && strstr(policy, "default-src 'none'"));
}

int __wrap_socket_path_listen(const char *path, Err *err)
{
    (void)path;
    (void)err;
    return 0;
}

/* A plan asks the service, and there is none. */
int __wrap_handle_plan(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    (void)control, (void)request, (void)root;
    return err_set(err, -EPERM, "no plan is made here");
}

void __wrap_handle_channels(Control *control, ServerRequest *request)
{
    (void)control;
    reply_refuse(request, 404, "no channel is listed here");
}

/* ---- what is true of answers ---- */

static bool is_status_of(int status, const ServerRequest *request)
{
    bool is_get = control_request_is_look(request);

    switch (status) {
    case 200:
        return is_get || (request->may_change && str_equal(request->method, "POST"));
    case 400:
    case 404:
    case 405:
        return true;
    case 421:
        return __wrap_server_request_header(request, MISDIRECTED_HEADER);
    case 403:
        return !request->may_change && !is_get;
    case 409:
        return request->may_change && !is_get;
    case 500:
        return flags & IS_WITHOUT_STORE;
    case 503: /* at the end, undo is still waiting */
        return (flags & IS_STARTING) || str_equal(request->path, "/v1/undo");
    default:
        return false;
    }
}

/* What is not JSON is text of a known type, and asked for by GET. */
static void take_text(ServerRequest *request, int status, const char *content_type, Buf *body)
{
    assert(strncmp(content_type, "text/", strlen("text/")) == 0);
    assert(control_request_is_look(request));
    assert(status == 200 || status == 503);
    assert(request->status == 0);
    request->status = status;
    buf_done(body);
}

void __wrap_server_reply_type(ServerRequest *request, int status, const char *content_type,
                              Buf *body)
{
    if (str_equal(content_type, SERVER_JSON))
        __wrap_server_reply(request, status, body);
    else
        take_text(request, status, content_type, body);
}

void __wrap_server_reply(ServerRequest *request, int status, Buf *body)
{
    const char *path = request->path;
    Json *root = NULL;

    assert(body->size > 2 && body->data[body->size - 1] == '\n');
    assert(json_parse_once(body->data, body->size, &root, NULL) == 0);
    assert(request->status == 0);
    assert(is_status_of(status, request));
    if (status != 200)
        assert(json_as_text(json_find(root, "error"))[0] != '\0');
    if (status == 200 && request->may_change)
        assert(!(flags & IS_DRY_RUN) || control_request_is_look(request) ||
               str_equal(path, "/v1/reconcile") || str_equal(path, "/v1/approve"));
    did_change = did_change || (request->may_change && !control_request_is_look(request));
    request->status = status;
    json_free(root);
    buf_done(body);
}

/* All parts at once: what they come to is the answer. */
void __wrap_server_reply_parts(ServerRequest *request, int status, const char *content_type,
                               Buf *first, const ServerParts *rest)
{
    int r = 1;

    while (r > 0) {
        size_t size = first->size;

        r = rest->next(rest->userdata, first);
        assert(r >= 0 && first->size > size);
    }
    rest->done(rest->userdata);
    __wrap_server_reply_type(request, status, content_type, first);
}

/* ---- the daemon around it ---- */

static const char settings[] =
    "version: 1\n"
    "mode: prune\n"
    "rosters: [a.yaml, b.yaml]\n"
    "instances:\n"
    "  prod: {endpoint: 'https://roma.example.com', project_id: p, instance_id: i,\n"
    "         auth: {method: environment}}\n"
    "  test: {endpoint: 'http://127.0.0.1:8080', project_id: p, instance_id: i,\n"
    "         auth: {method: environment}}\n";
static const char prod[] = "version: 1\ninstance: prod\n"
                           "channels: [{name: payments, members: ['10.0.0.1:80']},\n"
                           "           {id: c2, members: ['10.0.0.2:80']}]\n";
static const char test[] = "version: 1\ninstance: test\n"
                           "channels: [{name: payments, members: ['10.0.0.1:80']}]\n";

static char directory[SCRATCH_SIZE];
static sd_event *event;
static Store *store;
static Controller *controller;

static void end(void)
{
    controller_free(controller);
    store_free(store);
    sd_event_unref(event);
    scratch_remove(directory);
}

static void put_file(const char *name, const char *text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "we");
    assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* It is over before it has begun: an undo waits, and asks nobody. */
static void make_controller(void)
{
    _cleanup_(problems_done) Problems problems = {0};
    const Err none = {0};
    Config *config = NULL;
    char path[128];

    snprintf(path, sizeof(path), "%s/rosterd.yaml", directory);
    put_file("rosterd.yaml", settings);
    put_file("a.yaml", prod);
    put_file("b.yaml", test);
    setenv("HUAWEICLOUD_SDK_AK", "key", true);
    setenv("HUAWEICLOUD_SDK_SK", "secret", true);
    assert(config_load(path, &problems, &config) == 0);
    assert(controller_new(event, config, false, store, &none, &controller, NULL) == 0);
    controller_halt(controller, "nothing is begun here");
    controller_step(controller);
}

/* One deletion that took effect, one that failed. */
static void make_history(void)
{
    Change deletions[] = {
        {.member_id = "m1", .identity = "h1", .identity_size = 2, .before = "{\"host\":\"a\"}"},
        {.member_id = "m2", .identity = "h2", .identity_size = 2, .before = "{\"host\":\"b\"}"},
    };
    char pass[STORE_PASS_ID_SIZE];
    Batch batch = {
        .pass = pass,
        .channel = &controller->config->channels[0],
        .instance_name = "prod",
        .instance_key = controller->backend.keys[0],
        .channel_id = "c1",
        .channel_name = "payments",
        .digest = DIGEST,
        .changes = deletions,
        .change_count = ELEMENTS(deletions),
    };
    uint64_t now_usec = clock_realtime_usec();

    assert(store_name_instance(store, batch.instance_key, batch.instance_name, NULL) == 0);
    assert(store_begin_pass(store, now_usec, pass, NULL) == 0);
    assert(store_record(store, &batch, 1, now_usec, NULL) == 0);
    assert(store_decide(store, 1, OUTCOME_DELETED, 1, NULL, NULL, now_usec, NULL) == 0);
    assert(store_decide(store, 2, OUTCOME_FAILED, 3, NULL, NULL, now_usec, NULL) == 0);
    assert(store_end_pass(store, pass, "failed", now_usec, NULL) == 0);
}

static void begin(void)
{
    bool has_memory = access("/dev/shm", W_OK) == 0;
    char path[128];

    if (controller)
        return;
    log_setup(LOG_FORMAT_TEXT, LOG_LEVEL_WARNING);
    assert(scratch_make(directory, has_memory ? "/dev/shm" : "/tmp", "fuzz_control"));
    assert(sd_event_new(&event) >= 0);
    snprintf(path, sizeof(path), "%s/state", directory);
    assert(store_open(path, &store, NULL) == 0);
    make_controller();
    make_history();
    atexit(end);
}

static void clean(void)
{
    StorePauses pauses = {0};

    for (size_t i = 0; i < controller->lifecycle.count; i++)
        controller->lifecycle.schedules[i].done_count = 0;
    if (controller->lifecycle.undo != UNDO_NONE)
        controller_end_undo(controller);
    if (did_change) {
        assert(store_pauses(store, clock_realtime_usec(), &pauses, NULL) == 0);
        for (size_t i = 0; i < pauses.count; i++)
            assert(store_resume(store, &pauses.items[i].scope, NULL) == 1);
        store_pauses_done(&pauses);
    }
    did_change = false;
}

/* ---- requests ---- */

static void ask_all(Control *control, char *text, size_t size)
{
    ServerRequest requests[REQUESTS_MAX] = {0};
    size_t count = 0;
    char *end = text + size;

    for (char *at = text; at < end && count < REQUESTS_MAX; count++) {
        char *stop = memchr(at, REQUEST_END, (size_t)(end - at)) ?: end;

        *stop = '\0';
        control_request_read(at, (size_t)(stop - at), flags & IS_OWNER, &requests[count]);
        server_on_request(&requests[count], server_userdata);
        at = stop + 1;
    }
    for (size_t i = 0; i < controller->lifecycle.count; i++)
        controller->lifecycle.schedules[i].done_count =
            controller->lifecycle.schedules[i].begun_count + 1;
    if (!(flags & IS_STARTING))
        control_on_pass(control);
    control_free(control);
    for (size_t i = 0; i < count; i++) {
        assert(requests[i].status != 0);
        buf_done(&requests[i].body);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_free_ char *text = malloc(size + 1);
    State state = {0};
    Control *control = NULL;

    begin();
    assert(text);
    if (size == 0)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    flags = data[0];
    state.store = flags & IS_WITHOUT_STORE ? NULL : store;
    err_set(&state.err, -EIO, "the state cannot be used");
    assert(control_new(event, "/", &state, flags & IS_DRY_RUN, "", &control, NULL) == 0);
    control_set_controller(control, flags & IS_STARTING ? NULL : controller);
    ask_all(control, text + 1, size - 1);
    clean();
    return 0;
}
