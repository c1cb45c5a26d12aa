/* SPDX-License-Identifier: MIT */
#include "daemon/control/orphan_pauses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/channel_ref.h"
#include "daemon/control/pause.h"
#include "daemon/control/reply.h"
#include "daemon/json/json.h"
#include "daemon/log/audit_log.h"
#include "daemon/report/json.h"

typedef struct OrphanPause {
    const StorePause *pause;
    const char *id;   /* NULL: paused by its name */
    const char *name; /* as the pause or the history has it; NULL: not known */
} OrphanPause;

typedef struct OrphanPauses {
    OrphanPause *items;
    size_t count;
    Arena names;
} OrphanPauses;

static void strays_done(OrphanPauses *orphans)
{
    free(orphans->items);
    arena_done(&orphans->names);
}

/* ---- which they are ---- */

/* Which pauses are of a channel of the rosters; NULL when out of memory. */
static bool *orphan_pauses_find_known(const Controller *controller, const StorePauses *pauses)
{
    bool *known = calloc(pauses->count, sizeof(*known));

    for (size_t i = 0; known && i < controller->config->channel_count; i++) {
        ChannelRef found;

        channel_ref_by_index(controller, i, &found);
        for (size_t k = 0; k < pauses->count; k++)
            known[k] = known[k] ||
                       pause_find(&(StorePauses){.items = &pauses->items[k], .count = 1}, &found);
    }
    return known;
}

/* What the newest deletion there calls it. */
static void orphan_pauses_look_up_name(Store *store, OrphanPauses *orphans, OrphanPause *orphan)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    const StoreFilter filter = {
        .instance = orphan->pause->instance_name, .channel = orphan->id, .limit = 1};

    if (store && store_history(store, &filter, &actions, NULL) == 0 && actions.count > 0 &&
        !str_is_empty(actions.items[0].channel_name))
        orphan->name = arena_string(&orphans->names, actions.items[0].channel_name);
}

static void orphan_pauses_add(Store *store, const StorePause *pause, OrphanPauses *orphans)
{
    OrphanPause *orphan = &orphans->items[orphans->count++];

    *orphan = (OrphanPause){.pause = pause};
    if (str_has_prefix(pause->channel_id, STORE_BY_NAME)) {
        orphan->name = pause->channel_id + sizeof(STORE_BY_NAME) - 1;
        return;
    }
    orphan->id = pause->channel_id;
    orphan_pauses_look_up_name(store, orphans, orphan);
}

/* Whether one is the pause by its name of the channel that another is a pause of. */
static bool orphan_pauses_is_name_of(const OrphanPause *orphan, const OrphanPause *other)
{
    return !orphan->id && other->id && other->name && str_equal(orphan->name, other->name) &&
           str_equal(orphan->pause->instance_name, other->pause->instance_name);
}

static bool orphan_pauses_is_shown_by_id(const OrphanPauses *orphans, const OrphanPause *orphan)
{
    for (size_t i = 0; i < orphans->count; i++) {
        if (orphan_pauses_is_name_of(orphan, &orphans->items[i]))
            return true;
    }
    return false;
}

static bool orphan_pauses_is_alike(const OrphanPause *orphan, const OrphanPause *other)
{
    return str_equal(orphan->pause->instance_name, other->pause->instance_name) &&
           str_equal(orphan->pause->reason, other->pause->reason) &&
           orphan->pause->until_usec == other->pause->until_usec;
}

/* Where nothing was ever deleted, the history knows no name; a pause by name in the same words is
 * of the same channel, unless there is another choice. */
static void orphan_pauses_guess_name(const OrphanPauses *orphans, OrphanPause *orphan)
{
    const OrphanPause *only = NULL;

    for (size_t i = 0; i < orphans->count; i++) {
        const OrphanPause *other = &orphans->items[i];

        if (other == orphan || !orphan_pauses_is_alike(orphan, other) ||
            (other->id && other->name) || orphan_pauses_is_shown_by_id(orphans, other))
            continue;
        if (only || other->id)
            return;
        only = other;
    }
    if (only)
        orphan->name = only->name;
}

/* 0 or -ENOMEM. `pauses` must outlive them. */
static int orphan_pauses_find_all(const Controller *controller, const StorePauses *pauses,
                                  OrphanPauses *ret_strays)
{
    _cleanup_free_ bool *known = NULL;

    if (pauses->count == 0)
        return 0;
    known = orphan_pauses_find_known(controller, pauses);
    ret_strays->items = calloc(pauses->count, sizeof(*ret_strays->items));
    if (!known || !ret_strays->items)
        return -ENOMEM;
    for (size_t i = 0; i < pauses->count; i++) {
        if (!known[i])
            orphan_pauses_add(controller->backend.store, &pauses->items[i], ret_strays);
    }
    for (size_t i = 0; i < ret_strays->count; i++) {
        if (!ret_strays->items[i].name)
            orphan_pauses_guess_name(ret_strays, &ret_strays->items[i]);
    }
    return 0;
}

/* ---- showing ---- */

static json_object *orphan_pauses_row(const OrphanPause *orphan)
{
    json_object *row = json_new_object();

    json_put_text(row, "instance", orphan->pause->instance_name);
    json_put_text(row, "name", orphan->name);
    json_put_text(row, "id", orphan->id);
    json_put(row, "pause", report_json_pause(orphan->pause->reason, orphan->pause->until_usec));
    return row;
}

json_object *orphan_pauses_json(const Controller *controller, const StorePauses *pauses)
{
    _cleanup_(strays_done) OrphanPauses orphans = {0};
    json_object *rows = json_new_array();

    if (orphan_pauses_find_all(controller, pauses, &orphans) < 0)
        json_add(rows, NULL);
    for (size_t i = 0; i < orphans.count; i++) {
        if (!orphan_pauses_is_shown_by_id(&orphans, &orphans.items[i]))
            json_add(rows, orphan_pauses_row(&orphans.items[i]));
    }
    return rows;
}

/* ---- resuming ---- */

static bool orphan_pauses_has_name(const OrphanPause *orphan, const char *text)
{
    return str_equal(orphan->pause->channel_id, text) ||
           (orphan->name && str_equal(orphan->name, text));
}

static bool orphan_pauses_fits(const OrphanPause *orphan, const char *text)
{
    const char *instance = orphan->pause->instance_name;
    size_t size = strlen(instance);

    return orphan_pauses_has_name(orphan, text) ||
           (str_has_prefix(text, instance) && text[size] == '/' &&
            orphan_pauses_has_name(orphan, text + size + 1));
}

/* 0; -ENOENT; -ENOTUNIQ where it fits channels of several instances, told in `err`. */
static int orphan_pauses_find(const OrphanPauses *orphans, const char *text,
                              const OrphanPause **ret_stray, Err *err)
{
    const OrphanPause *first = NULL;

    for (size_t i = 0; i < orphans->count; i++) {
        const OrphanPause *orphan = &orphans->items[i];

        if (!orphan_pauses_fits(orphan, text))
            continue;
        if (first && !str_equal(first->pause->instance_name, orphan->pause->instance_name))
            return err_set(err, -ENOTUNIQ,
                           "%.200s: channels of several instances have this name: say "
                           "instance/name",
                           text);
        if (!first || !first->id)
            first = orphan;
    }
    if (!first)
        return -ENOENT;
    *ret_stray = first;
    return 0;
}

/* Ends all that fit, and what pauses the same channel by its name. */
static int orphan_pauses_end(Store *store, const OrphanPauses *orphans, const char *text,
                             const OrphanPause *chosen, Err *err)
{
    int r = 0;

    for (size_t i = 0; i < orphans->count && r >= 0; i++) {
        const OrphanPause *orphan = &orphans->items[i];

        if (orphan_pauses_fits(orphan, text) || orphan_pauses_is_name_of(orphan, chosen))
            r = store_resume(store, orphan->pause->instance_name, orphan->pause->channel_id, err);
    }
    return r;
}

static void orphan_pauses_answer(ServerCall *call, const OrphanPause *orphan)
{
    json_object *root = json_new_object();
    Buf buf = {0};

    json_put_text(root, "instance", orphan->pause->instance_name);
    json_put_text(root, "name", orphan->name);
    json_put_text(root, "id", orphan->id);
    json_put_bool(root, "paused", false);
    json_append(root, &buf);
    reply_answer(call, &buf);
}

int orphan_pauses_resume(Control *control, ServerCall *call, json_object *root, Err *err)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    _cleanup_(strays_done) OrphanPauses orphans = {0};
    Store *store = control->state->store;
    const OrphanPause *orphan = NULL;
    const char *text;
    int r = json_get_text(root, "channel", true, &text, err);

    if (r < 0 || !store)
        return r < 0 ? r : -ENOENT;
    r = store_pauses(store, clock_realtime_usec(), &pauses, err);
    if (r == 0 && orphan_pauses_find_all(control->controller, &pauses, &orphans) < 0)
        r = err_memory(err);
    if (r == 0)
        r = orphan_pauses_find(&orphans, text, &orphan, err);
    if (r == 0)
        r = control_writable(control, err);
    if (r == 0)
        r = orphan_pauses_end(store, &orphans, text, orphan, err);
    if (r < 0)
        return r;
    audit_log_write(&(AuditEntry){.action = "resume", .uid = server_call_uid(call)}, "%s resumed",
                    text);
    orphan_pauses_answer(call, orphan);
    return 0;
}
