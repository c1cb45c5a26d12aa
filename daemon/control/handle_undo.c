/* SPDX-License-Identifier: MIT */
#include "daemon/control/handle_undo.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/control/handle_undo_internal.h"
#include "daemon/control/reply.h"
#include "daemon/json/json_value.h"
#include "daemon/log/audit_log.h"
#include "daemon/report/undo.h"

static void handle_undo_free(Undoing *undoing)
{
    handle_undo_fleet_done(undoing);
    handle_undo_past_done(undoing);
    handle_undo_making_done(undoing);
    undo_free(undoing->undo);
    store_pauses_done(&undoing->replaced);
    free(undoing->channel);
    free(undoing);
}

static void handle_undo_drop(Undoing *undoing)
{
    undoing->control->undoing = NULL;
    handle_undo_free(undoing);
}

/* Whatever comes of it: what is paused stays so. */
static void handle_undo_say_refused(const Undoing *undoing, int status, const char *text)
{
    _cleanup_(buf_done) Buf whole = {0};

    buf_printf(&whole, "%s%s", text,
               undoing->has_paused
                   ? "; the channels of the undo are paused now, until each has its "
                     "rosterctl resume CHANNEL"
                   : "");
    reply_refuse(undoing->request, status, buf_failed(&whole) < 0 ? text : buf_text(&whole));
}

void handle_undo_refuse(Undoing *undoing, int status, const char *text)
{
    if (undoing->request)
        handle_undo_say_refused(undoing, status, text);
    else
        handle_undo_fleet_answer(undoing, NULL, text);
    handle_undo_drop(undoing);
}

void handle_undo_answer(Undoing *undoing, Buf *answer)
{
    if (undoing->request) {
        reply_answer(undoing->request, answer);
    } else {
        handle_undo_fleet_answer(undoing, answer, NULL);
        buf_done(answer);
    }
    handle_undo_drop(undoing);
}

/* An answer that goes out part by part: the run is over by then, and what came of it is the
 * answer's. A newer set that waited for the undo may be in force before it is all said. */
typedef struct UndoParts {
    Undo *undo;
    StorePauses replaced;
    UndoPart part;
    JsonWriter writer;
    Err err;
} UndoParts;

static int handle_undo_next(void *userdata, Buf *part)
{
    UndoParts *parts = userdata;

    parts->writer.buf = part;
    return report_undo_put(&parts->part, &parts->writer, SERVER_PART_SIZE);
}

static void handle_undo_parts_done(void *userdata)
{
    UndoParts *parts = userdata;

    undo_free(parts->undo);
    store_pauses_done(&parts->replaced);
    free(parts);
}

static void handle_undo_answer_in_parts(Undoing *undoing)
{
    UndoParts *parts = calloc(1, sizeof(*parts));

    if (!parts || undo_leave(undoing->undo) < 0) {
        free(parts);
        reply_refuse(undoing->request, 500, "out of memory");
        return;
    }
    *parts = (UndoParts){
        .undo = TAKE_PTR(undoing->undo),
        .replaced = undoing->replaced,
    };
    undoing->replaced = (StorePauses){0};
    parts->part =
        (UndoPart){.undo = parts->undo, .dry_run = undoing->dry_run, .replaced = &parts->replaced};
    reply_parts(undoing->request, SERVER_JSON,
                &(ServerParts){handle_undo_next, handle_undo_parts_done, parts}, 0, &parts->err);
}

static void handle_undo_on_done(Undo *undo, void *userdata)
{
    Control *control = userdata;
    Undoing *undoing = control->undoing;
    Buf buf = {0};

    if (undoing->request) {
        handle_undo_answer_in_parts(undoing);
        handle_undo_drop(undoing);
    } else {
        report_undo_append(undo, undoing->dry_run, &undoing->replaced, &buf);
        handle_undo_answer(undoing, &buf);
    }
    controller_end_undo(control->controller);
}

static bool handle_undo_covers(void *userdata, size_t instance)
{
    const Control *control = userdata;

    return undo_covers(control->undoing->undo, instance);
}

static int handle_undo_begin(void *userdata, PassRun **ret_run)
{
    Control *control = userdata;
    Undoing *undoing = control->undoing;
    Err err = {0};
    int r = undo_begin(undoing->undo, &control->controller->backend, undoing->dry_run,
                       handle_undo_on_done, control, &err);

    if (r < 0) {
        handle_undo_refuse(undoing, reply_status(r), err.text);
        return r;
    }
    *ret_run = undo_find_run(undoing->undo);
    return 0;
}

void handle_undo_ask(Undoing *undoing)
{
    Control *control = undoing->control;
    const ControllerUndo undo = {handle_undo_covers, handle_undo_begin, control};

    controller_ask_undo(control->controller, &undo, undoing->dry_run);
}

/* CHANNEL, or INSTANCE/CHANNEL: it may be in no roster any more. */
static int handle_undo_read_channel(const Json *root, Undoing *undoing, Err *err)
{
    const char *text = NULL;
    char *slash;
    int r = json_take_text(root, "channel", false, &text, err);

    if (r < 0 || !text)
        return r;
    undoing->channel = strdup(text);
    if (!undoing->channel)
        return err_memory(err);
    slash = strchr(undoing->channel, '/');
    undoing->choice.channel = slash ? slash + 1 : undoing->channel;
    if (slash) {
        *slash = '\0';
        undoing->choice.instance = undoing->channel;
    }
    return 0;
}

static int handle_undo_read(const Json *root, Undoing *undoing, Err *err)
{
    static const char *const keys[] = {"last", "pass", "action", "channel", "dry_run", NULL};
    const char *pass = NULL;
    int r = json_check_keys(root, keys, err);

    if (r == 0)
        r = json_take_bool(root, "last", &undoing->choice.last, err);
    if (r == 0)
        r = json_take_text(root, "pass", false, &pass, err);
    if (r == 0)
        r = json_take_number(root, "action", INT64_MAX, &undoing->choice.action, err);
    if (r == 0)
        r = json_take_bool(root, "dry_run", &undoing->dry_run, err);
    if (r < 0)
        return r;
    if (undoing->choice.last + (pass != NULL) + (undoing->choice.action != 0) != 1)
        return err_set(err, -EINVAL, "say one of last, pass and action");
    if (pass && strlen(pass) >= sizeof(undoing->pass))
        return err_set(err, -ENOENT, "the history holds no change of pass %.80s", pass);
    if (pass) {
        str_copy(undoing->pass, sizeof(undoing->pass), pass);
        undoing->choice.pass = undoing->pass;
    }
    return handle_undo_read_channel(root, undoing, err);
}

static void handle_undo_log(const Undoing *undoing)
{
    const char *pass = undoing->undo ? undo_get_pass(undoing->undo) : undoing->pass;

    if (undoing->choice.action)
        audit_log_write(&(AuditEntry){.action = "undo",
                                      .uid = server_request_uid(undoing->request),
                                      .pass = pass},
                        "undo of action %" PRIu64 " of pass %s%s asked for", undoing->choice.action,
                        pass, undoing->dry_run ? " (dry run)" : "");
    else
        audit_log_write(&(AuditEntry){.action = "undo",
                                      .uid = server_request_uid(undoing->request),
                                      .pass = pass},
                        "undo of pass %s%s asked for", pass, undoing->dry_run ? " (dry run)" : "");
}

/* On the host whose the instance is. */
int handle_undo_start(Undoing *undoing, Err *err)
{
    if (undoing->control->shared && !undoing->dry_run)
        return handle_undo_fleet_begin(undoing, err);
    handle_undo_ask(undoing);
    return 0;
}

/* What this host has not made may be what another one made known. */
static bool handle_undo_is_past(const Undoing *undoing, int result)
{
    return result == -ENOENT && undoing->control->shared && undoing->choice.pass;
}

int handle_undo_on_made(Undoing *undoing, int result, Err *err)
{
    const bool is_past = handle_undo_is_past(undoing, result);

    if (result < 0 && !is_past)
        return result;
    if (!undoing->is_asked) {
        undoing->is_asked = true;
        handle_undo_log(undoing);
        return is_past ? handle_undo_past_begin(undoing, err) : handle_undo_start(undoing, err);
    }
    if (undoing->pausing_count > 0)
        return result;
    if (is_past)
        return handle_undo_past_begin(undoing, err);
    if (!undoing->is_paused_meanwhile) {
        handle_undo_ask(undoing);
        return 0;
    }
    undoing->is_paused_meanwhile = false;
    handle_undo_fleet_go_on(undoing);
    return 0;
}

int handle_undo(Control *control, ServerRequest *request, const Json *root, Err *err)
{
    Undoing *undoing;
    int r;

    if (control->undoing)
        return err_set(err, -EALREADY, "another undo is under way");
    undoing = calloc(1, sizeof(*undoing));
    if (!undoing)
        return err_memory(err);
    undoing->control = control;
    undoing->request = request;
    control->undoing = undoing;
    r = handle_undo_read(root, undoing, err);
    if (r == 0)
        r = handle_undo_make(undoing, err);
    if (r < 0)
        handle_undo_drop(undoing);
    return r;
}

void handle_undo_ask_again(Control *control)
{
    Undoing *undoing = control->undoing;
    Err err = {0};
    int r;

    /* What was handed over is the owner's; what another host asks for is found again in etcd. */
    if (!undoing || (undoing->request && undoing->key[0]))
        return;
    if (!undoing->request) {
        handle_undo_drop(undoing);
        return;
    }
    /* Of the settings and rosters that are in force now. */
    undo_free(TAKE_PTR(undoing->undo));
    handle_undo_past_done(undoing);
    r = handle_undo_make(undoing, &err);
    if (r < 0)
        handle_undo_refuse(undoing, reply_status(r), err.text);
}

/* What the daemon leaves, where it ends first. */
static const char *handle_undo_at_end(const Undoing *undoing)
{
    if (undoing->key[0])
        return "rosterd is ending: the undo is handed, or was about to be, to the host that owns "
               "the "
               "instance, which carries it out all the same: rosterctl fleet shows the owner, and "
               "rosterctl history there what it did";
    if (undoing->pausing_count > 0)
        return "rosterd is ending: nothing is undone, and whether etcd has the pauses of its "
               "channels is not known: rosterctl status on another host shows whether they hold "
               "there";
    return "rosterd is ending";
}

void handle_undo_end(Control *control)
{
    Undoing *undoing = control->undoing;

    if (!undoing)
        return;
    if (undoing->request)
        handle_undo_say_refused(undoing, 503, handle_undo_at_end(undoing));
    controller_drop_undo(control->controller);
    handle_undo_drop(undoing);
}
