/* SPDX-License-Identifier: MIT */
/*
 * The control socket: what people and scripts ask of a running daemon.
 * Reading is for whoever may open the socket; changing is for root and the daemon's own user.
 */
#pragma once

#include "daemon/runtime/controller.h"
#include "daemon/store/state.h"

typedef struct Control Control;

/*
 * Listens at `path`. `state` and `invalid` (why newer settings are refused, "" while they are not)
 * are borrowed and outlive it. Errors with their reason in `err`: as socket_path_listen(); -ENOMEM.
 */
int control_new(sd_event *event, const char *path, const State *state, bool dry_run,
                const char *invalid, Control **ret_control, Err *err);

/* The same where the configuration wants it. A failure is logged and gives NULL: without its socket
 * the daemon keeps the rosters all the same, which is what it is for. */
Control *control_open(sd_event *event, const Config *config, const State *state, bool dry_run,
                      const char *invalid);

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
} ControlLoader;

/* Copies it; before the first request. A NULL control is fine. */
void control_use_loader(Control *control, const ControlLoader *loader);

/* After each pass of a scheduler of the controller. NULL is fine. */
void control_on_pass(Control *control);
