/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl_ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/load/config_load.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/socket_path.h"
#include "daemon/ctl/show.h"
#include "daemon/http/misdirected.h"
#include "daemon/http/unix_client.h"
#include "daemon/json/json.h"
#include "daemon/report/text.h"

int ctl_say(int status, const char *text)
{
    fprintf(stderr, "rosterctl: %s\n", text);
    return status;
}

int ctl_no_memory(void)
{
    return ctl_say(EXIT_FAILED, "out of memory");
}

static int ctl_print(const Buf *text)
{
    if (fwrite(text->data, 1, text->size, stdout) == text->size && fflush(stdout) == 0)
        return EXIT_IN_SYNC;
    return ctl_say(EXIT_FAILED, strerror(errno));
}

int ctl_print_answer(const Options *options, json_object *root, Show show)
{
    _cleanup_(buf_done) Buf text = {0};
    int r = options->json ? json_append(json_object_get(root), &text)
                          : show(root, report_text_wants_colour(), &text);

    return r < 0 ? ctl_no_memory() : ctl_print(&text);
}

/* ---- asking ---- */

/* The daemon's socket. Settings that do not load are no obstacle: the daemon may run with earlier
 * ones. Where any daemon may be behind it and the settings name their state, the request says so
 * (misdirected.h). */
static int ctl_find_socket(const Options *options, char **ret_path, Buf *ret_header, Err *err)
{
    bool is_common = false;
    int r;

    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;

    if (options->socket_path) {
        *ret_path = strdup(options->socket_path);
        return *ret_path ? 0 : err_memory(err);
    }
    config_load_settings(options->config_path, &problems, &config);
    r = socket_path_find(config, ret_path, &is_common, err);
    if (r == 0 && is_common && config && config->state_dir &&
        misdirected_append_header(config->state_dir, ret_header) < 0)
        r = err_memory(err);
    return r;
}

bool ctl_means_no_daemon(int error)
{
    return error == -ENOENT || error == -ECONNREFUSED;
}

int ctl_parse(const Buf *body, json_object **ret_root, Err *err)
{
    json_object *root = body->size ? json_tokener_parse(body->data) : NULL;

    if (!json_object_is_type(root, json_type_object)) {
        json_object_put(root);
        return err_set(err, -EPROTO, "what answers on the control socket is no rosterd");
    }
    *ret_root = root;
    return 0;
}

/* What to do about a socket that does not let us in. */
static int ctl_advise(const Options *options, const char *path, int error, Err *err)
{
    if (error == -EACCES)
        return err_set(err, error,
                       "the control socket %s: %s: root and rosterd's own user may do all, members "
                       "of the socket's group may read",
                       path, strerror(EACCES));
    if (error == -ENOENT && options->socket_path)
        return err_set(err, error, "no rosterd runs here: there is no socket at %s", path);
    return error;
}

int ctl_ask(const Options *options, const char *method, const char *target, const char *body,
            json_object **ret_root, Err *err)
{
    _cleanup_free_ char *path = NULL;
    _cleanup_(buf_done) Buf header = {0}, answer = {0};
    UnixRequest request = {.method = method, .target = target, .body = body};
    json_object *root = NULL;
    int status = 0, r = ctl_find_socket(options, &path, &header, err);

    request.header = header.data;
    if (r == 0)
        r = unix_client_ask(path, &request, &status, &answer, err);
    if (r < 0)
        return ctl_advise(options, path, r, err);
    r = ctl_parse(&answer, &root, err);
    if (r == 0 && status != 200) {
        r = err_set(err, -EPERM, "%s", show_text(root, "error"));
        json_object_put(root);
        return r;
    }
    if (r == 0)
        *ret_root = root;
    return r;
}

int ctl_fail(int error, const Err *err)
{
    return ctl_say(ctl_means_no_daemon(error) ? EXIT_NO_DAEMON : EXIT_FAILED, err->text);
}

int ctl_post(const Options *options, const char *target, json_object *request,
             json_object **ret_root, Err *err)
{
    _cleanup_(buf_done) Buf text = {0};

    if (json_append(request, &text) < 0)
        return err_memory(err);
    return ctl_ask(options, "POST", target, buf_text(&text), ret_root, err);
}
