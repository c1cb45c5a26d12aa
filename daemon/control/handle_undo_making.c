/* SPDX-License-Identifier: MIT */
/* An undo that is made out of the history, which may be long: a step in each turn of the loop. */
#include <errno.h>

#include "daemon/control/channel_ref.h"
#include "daemon/control/handle_undo_internal.h"
#include "daemon/control/reply.h"

/* A channel that nobody knows is told from one in which nothing was changed. */
static void handle_undo_doubt_channel(const Undoing *undoing, Err *err)
{
    _cleanup_(buf_done) Buf text = {0};
    ChannelRef found;
    Err unknown = {0};

    if (undoing->choice.instance)
        buf_printf(&text, "%s/", undoing->choice.instance);
    buf_puts(&text, undoing->choice.channel);
    if (buf_failed(&text) == 0 && channel_ref_find(undoing->control->controller, buf_text(&text),
                                                   &found, &unknown) == -ENOENT)
        err_set(err, -ENOENT, "the history holds no change there; %s", unknown.text);
}

/* Asked again after a reload, it replaces its own. */
static int handle_undo_pause(Undoing *undoing, Err *err)
{
    int r = undo_pause(undoing->undo, undoing->control->state->store,
                       server_request_uid(undoing->request),
                       undoing->has_paused ? NULL : &undoing->replaced, err);

    undoing->has_paused = undoing->has_paused || r == 0;
    return r;
}

static int handle_undo_end_making(Undoing *undoing, int result, Err *err)
{
    undo_making_free(TAKE_PTR(undoing->making));
    if (result == -ENOENT && undoing->choice.channel)
        handle_undo_doubt_channel(undoing, err);
    if (result == 0 && !undoing->dry_run && !undoing->control->shared)
        result = handle_undo_pause(undoing, err);
    return handle_undo_on_made(undoing, result, err);
}

static int handle_undo_on_turn(sd_event_source *source, void *userdata);

static int handle_undo_make_next(Undoing *undoing, Err *err)
{
    int r = undo_making_step(undoing->making, &undoing->undo, err);

    if (r <= 0)
        return handle_undo_end_making(undoing, r, err);
    if (undoing->turn)
        r = sd_event_source_set_enabled(undoing->turn, SD_EVENT_ONESHOT);
    else
        r = sd_event_add_defer(undoing->control->event, &undoing->turn, handle_undo_on_turn,
                               undoing);
    return r < 0 ? err_system(err, r, "cannot set up the event loop") : 0;
}

static int handle_undo_on_turn(sd_event_source *source, void *userdata)
{
    Undoing *undoing = userdata;
    Err err = {0};
    int r = handle_undo_make_next(undoing, &err);

    (void)source;
    if (r < 0)
        handle_undo_refuse(undoing, reply_status(r), err.text);
    return 0;
}

int handle_undo_make(Undoing *undoing, Err *err)
{
    const Control *control = undoing->control;
    Store *store = control->state->store;
    int r = undoing->dry_run ? 0 : control_writable(control, err);

    handle_undo_making_done(undoing);
    if (r == 0 && !store) {
        *err = control->state->err;
        r = -EIO;
    }
    if (r < 0)
        return r;
    r = undo_making_new(store, control->controller->config, &undoing->choice, &undoing->making,
                        err);
    return r < 0 ? handle_undo_end_making(undoing, r, err) : handle_undo_make_next(undoing, err);
}

void handle_undo_making_done(Undoing *undoing)
{
    undo_making_free(TAKE_PTR(undoing->making));
    undoing->turn = sd_event_source_disable_unref(undoing->turn);
}
