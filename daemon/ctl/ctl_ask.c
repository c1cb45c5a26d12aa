/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl_ask.h"

#include <assert.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config/load/config_load.h"
#include "daemon/base/hang.h"
#include "daemon/base/tty_line.h"
#include "daemon/base/utf8.h"
#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/socket_path.h"
#include "daemon/http/misdirected.h"
#include "daemon/http/unix_client.h"
#include "daemon/json/json_parser.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"
#include "daemon/store/state_dir.h"

int ctl_say(int status, const char *text)
{
    _cleanup_(buf_done) Buf shown = {0};

    utf8_append_shown(&shown, text);
    fprintf(stderr, "rosterctl: %s\n", buf_failed(&shown) < 0 ? "out of memory" : buf_text(&shown));
    return status;
}

int ctl_no_memory(void)
{
    return ctl_say(EXIT_FAILED, "out of memory");
}

/* Who reads has seen enough: the program ends as others do, and has no more to say. */
static void ctl_end_by_pipe(void)
{
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}

int ctl_print_to(FILE *file, const Buf *text)
{
    if (fwrite(text->data, 1, text->size, file) == text->size && fflush(file) == 0)
        return EXIT_IN_SYNC;
    if (errno == EPIPE)
        ctl_end_by_pipe();
    return ctl_say(EXIT_FAILED, strerror(errno));
}

int ctl_print(const Buf *text)
{
    return ctl_print_to(stdout, text);
}

int ctl_print_answer(const Options *options, const Json *root, Show show)
{
    _cleanup_(buf_done) Buf text = {0};
    int r = options->json ? json_append(root, &text) : show(root, page_wants_colour(), &text);

    return r < 0 ? ctl_no_memory() : ctl_print(&text);
}

/* ---- asking ---- */

#define OWNERS_MAX 3

/* Of an answer that is read as a whole, and of one that is kept. */
#define CTL_ANSWER_SIZE_MAX (256U << 20)
#define CTL_KEPT_SIZE_MAX (2048U << 20)

/* Where the daemon is, and who it may be. */
typedef struct Daemon {
    char *path;
    Buf header;
    uid_t owners[OWNERS_MAX];
    size_t owner_count;
} Daemon;

static void daemon_done(Daemon *daemon)
{
    free(daemon->path);
    buf_done(&daemon->header);
}

/* The owner of a directory that a link may lead to, which need not be readable. */
static void ctl_add_owner_of(Daemon *daemon, const char *directory)
{
    _cleanup_hang_ Hang hang = hang_enter(directory);
    struct stat status;

    if (directory && stat(directory, &status) == 0 && S_ISDIR(status.st_mode))
        daemon->owners[daemon->owner_count++] = status.st_uid;
}

/* The service's user: the unit's, and whoever owns the state. */
static void ctl_find_owners(Daemon *daemon, const Config *config)
{
    const struct passwd *user = getpwnam("rosterd");
    _cleanup_free_ char *state_dir = NULL;

    if (user)
        daemon->owners[daemon->owner_count++] = user->pw_uid;
    ctl_add_owner_of(daemon, STATE_DIR_OF_ROOT);
    if (config && state_dir_find(config, &state_dir, NULL) == 0)
        ctl_add_owner_of(daemon, state_dir);
    assert(daemon->owner_count <= OWNERS_MAX);
}

/* Settings that do not load are no obstacle: the daemon may run with earlier ones. Where any daemon
 * may be behind the socket and the settings name their state, the request says so (misdirected.h).
 */
static int ctl_find_daemon(const Options *options, Daemon *daemon, Err *err)
{
    bool is_common = false;
    int r;

    _cleanup_hang_ Hang hang = hang_enter(options->config_path);
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;

    config_load_settings(options->config_path, &problems, &config);
    ctl_find_owners(daemon, config);
    if (options->socket_path) {
        daemon->path = strdup(options->socket_path);
        return daemon->path ? 0 : err_memory(err);
    }
    r = socket_path_find(config, &daemon->path, &is_common, err);
    if (r == 0 && is_common && config && config->state_dir &&
        misdirected_append_header(config->state_dir, &daemon->header) < 0)
        r = err_memory(err);
    return r;
}

bool ctl_means_no_daemon(int error)
{
    return error == -ENOENT || error == -ECONNREFUSED;
}

int ctl_no_rosterd(Err *err)
{
    return err_context(err, -EPROTO, "what answers on the control socket is no rosterd");
}

int ctl_parse(const Buf *body, Json **ret_root, Err *err)
{
    int r = json_parse_once(buf_text(body), body->size, ret_root, err);

    return r == -EPROTO ? ctl_no_rosterd(err) : r;
}

/* What to do about a socket that does not let us in. */
static int ctl_advise(const Options *options, const char *path, int error, Err *err)
{
    Err found;

    if (error == -EACCES)
        return err_set(err, error,
                       "the control socket %s: %s: root and rosterd's own user may do all, members "
                       "of the socket's group may read",
                       path, strerror(EACCES));
    if (error == -ENOENT && options->socket_path)
        err_set(err, error, "no rosterd runs here: there is no socket at %s", path);
    found = *err;
    return ctl_means_no_daemon(error)
               ? err_set(err, error,
                         "%s; start it, or say where it is with -c FILE or --socket PATH",
                         found.text)
               : error;
}

/* How far what is waited for is: a plan, or the passes under way. */
static void ctl_show_progress(const Buf *answer)
{
    _cleanup_(json_freep) Json *root = NULL;
    _cleanup_(buf_done) Buf line = {0};

    if (ctl_parse(answer, &root, NULL) < 0)
        return;
    buf_puts(&line, row_text(root, "progress"));
    for (size_t i = 0; line.size == 0 && i < row_count(root, "instances"); i++) {
        const Json *instance = row_at(root, "instances", i);

        if (row_text(instance, "progress")[0])
            buf_printf(&line, "%s: %s", row_text(instance, "name"), row_text(instance, "progress"));
    }
    if (buf_failed(&line) == 0 && line.size > 0)
        tty_line_show(buf_text(&line));
}

/* While a long answer is waited for, the daemon is asked whether it is still at work. */
static int ctl_on_wait(void *userdata, Err *err)
{
    const Daemon *daemon = userdata;
    const UnixRequest request = {
        .method = "GET",
        .target = CONTROL_PATH_PROGRESS,
        .owners = daemon->owners,
        .owner_count = daemon->owner_count,
    };
    _cleanup_(buf_done) Buf answer = {0};
    int status, r = unix_client_ask(daemon->path, &request, &status, &answer, err);

    if (r == 0 && status == 200)
        ctl_show_progress(&answer);
    /* One that ends, perhaps just now, closes the connection that waits, which says more. */
    return ctl_means_no_daemon(r) || r == -EIO ? 0 : r;
}

/* What the daemon refuses. Mistakes of settings and rosters are told as `validate` tells them. */
static int ctl_refused(int status, const char *text, Err *err)
{
    _cleanup_free_ char *lines = NULL;
    char *rest, *line;

    if (!text[0])
        return err_set(err, -EPERM, "rosterd refuses it (status %d) and does not say why", status);
    if (status != 422)
        return err_set(err,
                       status == 421   ? -EXDEV
                       : status == 423 ? -EWOULDBLOCK
                                       : -EPERM,
                       "%s", text);
    lines = strdup(text);
    for (line = lines ? strtok_r(lines, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        _cleanup_(buf_done) Buf shown = {0};

        utf8_append_shown(&shown, line);
        fprintf(stderr, "%s\n", buf_text(&shown));
    }
    return err_set(err, -EBADMSG,
                   "settings or rosters are invalid, the last good ones stay in force");
}

/* Appends what the daemon answers, refusals as well. */
static int ctl_ask_bytes(const Options *options, UnixRequest *request, bool is_long,
                         int *ret_status, Buf *answer, Err *err)
{
    _cleanup_(daemon_done) Daemon daemon = {0};
    int r = ctl_find_daemon(options, &daemon, err);

    request->header = daemon.header.data;
    request->size_max = request->on_body ? CTL_KEPT_SIZE_MAX : CTL_ANSWER_SIZE_MAX;
    request->owners = daemon.owners;
    request->owner_count = daemon.owner_count;
    request->on_wait = is_long ? ctl_on_wait : NULL;
    request->userdata = &daemon;
    if (r == 0)
        r = unix_client_ask(daemon.path, request, ret_status, answer, err);
    tty_line_clear();
    return r < 0 ? ctl_advise(options, daemon.path, r, err) : 0;
}

static int ctl_ask_daemon(const Options *options, UnixRequest *request, bool is_long,
                          Json **ret_root, Err *err)
{
    _cleanup_(buf_done) Buf answer = {0};
    _cleanup_(json_freep) Json *root = NULL;
    int status = 0, r = ctl_ask_bytes(options, request, is_long, &status, &answer, err);

    if (r == 0)
        r = ctl_parse(&answer, &root, err);
    if (r == 0 && status != 200)
        r = ctl_refused(status, row_text(root, "error"), err);
    if (r == 0)
        *ret_root = TAKE_PTR(root);
    return r;
}

int ctl_ask_body(const Options *options, UnixRequest *request, bool is_long, Err *err)
{
    _cleanup_(json_freep) Json *refusal = NULL;
    _cleanup_(buf_done) Buf answer = {0};
    int status = 0, r = ctl_ask_bytes(options, request, is_long, &status, &answer, err);

    if (r < 0 || status == 200)
        return r;
    r = ctl_parse(&answer, &refusal, err);
    return r < 0 ? r : ctl_refused(status, row_text(refusal, "error"), err);
}

int ctl_get(const Options *options, const char *target, Json **ret_root, Err *err)
{
    UnixRequest request = {.method = "GET", .target = target};

    return ctl_ask_daemon(options, &request, false, ret_root, err);
}

int ctl_get_text(const Options *options, const char *target, Buf *text, Err *err)
{
    UnixRequest request = {.method = "GET", .target = target};
    _cleanup_(json_freep) Json *root = NULL;
    int status = 0, r = ctl_ask_bytes(options, &request, false, &status, text, err);

    if (r < 0 || status == 200)
        return r;
    r = ctl_parse(text, &root, err);
    return r < 0 ? r : ctl_refused(status, row_text(root, "error"), err);
}

bool ctl_asks_daemon(const Options *options, struct stat *ret_settings)
{
    return !options->is_local && stat(options->config_path, ret_settings) == 0;
}

bool ctl_is_for_us(const Options *options, int error)
{
    return error == -EXDEV ||
           (!options->socket_path && (ctl_means_no_daemon(error) || error == -EACCES));
}

int ctl_fail(int error, const Err *err)
{
    if (error == -EBADMSG)
        return ctl_say(EXIT_INVALID, err->text);
    if (error == -EWOULDBLOCK)
        return ctl_say(EXIT_LOCKED, err->text);
    return ctl_say(ctl_means_no_daemon(error) ? EXIT_NO_DAEMON : EXIT_FAILED, err->text);
}

int ctl_post(const Options *options, const char *target, const Buf *body, Json **ret_root, Err *err)
{
    UnixRequest request = {.method = "POST", .target = target, .body = buf_text(body)};

    return buf_failed(body) < 0 ? err_memory(err)
                                : ctl_ask_daemon(options, &request, true, ret_root, err);
}

int ctl_change(const Options *options, const char *target, const Buf *body, Show show)
{
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};
    int r = ctl_post(options, target, body, &root, &err);

    return r < 0 ? ctl_fail(r, &err) : ctl_print_answer(options, root, show);
}
