/* SPDX-License-Identifier: MIT */
/*
 * DOC: what a running daemon is asked
 *
 * The control socket is a Unix socket with HTTP and JSON on it. Whoever may open it can read;
 * changing is for root and the daemon's own user, as the kernel names them. A Control listens, and
 * control.c has the table of paths, each with its handler:
 *
 * Over TCP, where `http:` wants that, the paths that the table says so of are shown, and nothing
 * can be changed (daemon/web/listener.h has the listener and who may read).
 *
 * handle_status.c and handle_health.c answer from what is at hand. handle_reconcile.c asks for a
 * pass and answers when one has ended that began after it. planning.c reads for a request with a
 * backend of its own. handle_pause.c, handle_approve.c and handle_undo.c change the state, and
 * their requests are logged with the user who asked. handle_history.c reads the history.
 *
 * A handler answers at once or keeps its request and answers later; each request is answered
 * exactly once, by reply.h, also when the daemon ends. What goes by settings and rosters is
 * preceded by loading what changed on disk (loading.h), so that no answer is of a roster that is
 * not in force any more.
 *
 * channel_ref.h finds the channel that a person named. pause.h puts a pause into words, and
 * orphan_pauses.h finds pauses of channels that no roster names any more. The client's side is
 * daemon/ctl; both use daemon/json and daemon/http.
 */
#pragma once

#include "daemon/notify/notices.h"
#include "daemon/runtime/controller.h"
#include "daemon/shared/shared.h"
#include "daemon/store/state.h"

typedef struct Control Control;

/*
 * Listens at `path`, or on the socket that systemd handed over. `state` and `invalid` (why newer
 * settings are refused, "" while they are not) are borrowed and outlive it. Errors with their
 * reason in `err`: as socket_path_listen(), and the control is one that no socket leads to;
 * -ENOMEM, and there may be none (NULL).
 */
int control_new(sd_event *event, const char *path, const State *state, bool dry_run,
                const char *invalid, Control **ret_control, Err *err);

/* The same where the configuration wants it, and over TCP where it wants that, from the first
 * control_set_controller() on. A failure is logged, and may give NULL: without its sockets the
 * daemon keeps the rosters all the same, which is what it is for. */
Control *control_open(sd_event *event, const Config *config, const State *state, bool dry_run,
                      const char *invalid);

/* What `http:` names files for, as a start or a reload demands: 0, or as secret_file_read() and
 * file_read(), told in `err`. */
int control_check(const Config *config, Err *err);

/* Removes the socket; what still waits is answered with 503 first. NULL is fine. */
void control_free(Control *control);
DEFINE_CLEANUP(Control, control_free)

/* The controller in force from now on; before the first, requests are answered with 503. What waits
 * for passes waits for those of this one. */
void control_set_controller(Control *control, Controller *controller);

/*
 * What became of loading what the files say now. 0: it is in force, a pass that is asked for from
 * now on goes by it. -EINVAL: it is refused; `errors` has one line for each mistake and is borrowed
 * for the call. -ECANCELED: the daemon ends. -ETIMEDOUT: a file does not answer, `errors` says
 * which. A call may come before the one that asked returns.
 */
typedef void (*ControlOnLoaded)(void *waiter, int result, const char *errors);

/* How requests have the daemon load what changed on disk before they are answered: daemon/service
 * stands above this room and hands its side over. */
typedef struct ControlLoader {
    /* Compares the files with what was read last; loads them where they differ, once they have been
     * still. on_loaded is called exactly once unless cancelled. 0 or -ENOMEM (never called). */
    int (*load)(void *userdata, ControlOnLoaded on_loaded, void *waiter);
    /* on_loaded is not called any more for this waiter; one that does not wait is fine. */
    void (*cancel)(void *userdata, const void *waiter);
    void *userdata;
    const uint64_t *invalid_usec; /* realtime, since when what the files say is refused; 0: it is
                                   * not. Borrowed; NULL: nobody knows */
} ControlLoader;

/* Copies it; before the first request. A NULL control is fine. */
void control_use_loader(Control *control, const ControlLoader *loader);

/* Whose state is shown of those who are told; borrowed. A NULL control is fine. */
void control_use_notices(Control *control, const Notices *notices);

/* Pauses and approvals go through the fleet from now on; borrowed, until control_free(). NULL:
 * there is none. A NULL control is fine. */
void control_use_shared(Control *control, Shared *shared);

/* Keys of the fleet have changed, or whose instances are. From the event loop. NULL is fine. */
void control_on_fleet(Control *control);

/* After each pass of a scheduler of the controller. NULL is fine. */
void control_on_pass(Control *control);
