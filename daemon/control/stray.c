/* Pauses outside the rosters: see stray.h. */
#include "daemon/control/stray.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/control/asked.h"
#include "daemon/control/find.h"
#include "daemon/control/pause.h"
#include "daemon/json/json.h"
#include "daemon/report_json.h"

typedef struct Stray {
    const StorePause *pause;
    const char *id;   /* NULL: paused by its name */
    const char *name; /* as the pause or the history has it; NULL: not known */
} Stray;

typedef struct Strays {
    Stray *items;
    size_t count;
    Arena names;
} Strays;

static void strays_done(Strays *strays)
{
    free(strays->items);
    arena_done(&strays->names);
}

/* ---- which they are ---- */

/* Which pauses are of a channel of the rosters; NULL when out of memory. */
static bool *stray_find_known(const Tenure *tenure, const StorePauses *pauses)
{
    bool *known = calloc(pauses->count, sizeof(*known));

    for (size_t i = 0; known && i < tenure->config->channel_count; i++) {
        Found found;

        find_by_index(tenure, i, &found);
        for (size_t k = 0; k < pauses->count; k++)
            known[k] = known[k] ||
                       pause_find(&(StorePauses){.items = &pauses->items[k], .count = 1}, &found);
    }
    return known;
}

/* What the newest deletion there calls it. */
static void stray_look_up_name(Store *store, Strays *strays, Stray *stray)
{
    _cleanup_(store_actions_done) StoreActions actions = {0};
    const StoreFilter filter = {
        .instance = stray->pause->instance_name, .channel = stray->id, .limit = 1};

    if (store && store_history(store, &filter, &actions, NULL) == 0 && actions.count > 0 &&
        !str_is_empty(actions.items[0].channel_name))
        stray->name = arena_string(&strays->names, actions.items[0].channel_name);
}

static void stray_add(Store *store, const StorePause *pause, Strays *strays)
{
    Stray *stray = &strays->items[strays->count++];

    *stray = (Stray){.pause = pause};
    if (str_has_prefix(pause->channel_id, STORE_BY_NAME)) {
        stray->name = pause->channel_id + sizeof(STORE_BY_NAME) - 1;
        return;
    }
    stray->id = pause->channel_id;
    stray_look_up_name(store, strays, stray);
}

/* Whether one is the pause by its name of the channel that another is a pause of. */
static bool stray_is_name_of(const Stray *stray, const Stray *other)
{
    return !stray->id && other->id && other->name && str_equal(stray->name, other->name) &&
           str_equal(stray->pause->instance_name, other->pause->instance_name);
}

static bool stray_is_shown_by_id(const Strays *strays, const Stray *stray)
{
    for (size_t i = 0; i < strays->count; i++) {
        if (stray_is_name_of(stray, &strays->items[i]))
            return true;
    }
    return false;
}

static bool stray_is_alike(const Stray *stray, const Stray *other)
{
    return str_equal(stray->pause->instance_name, other->pause->instance_name) &&
           str_equal(stray->pause->reason, other->pause->reason) &&
           stray->pause->until_usec == other->pause->until_usec;
}

/* Where nothing was ever deleted, the history knows no name; a pause by name in the same words is
 * of the same channel, unless there is another choice. */
static void stray_guess_name(const Strays *strays, Stray *stray)
{
    const Stray *only = NULL;

    for (size_t i = 0; i < strays->count; i++) {
        const Stray *other = &strays->items[i];

        if (other == stray || !stray_is_alike(stray, other) || (other->id && other->name) ||
            stray_is_shown_by_id(strays, other))
            continue;
        if (only || other->id)
            return;
        only = other;
    }
    if (only)
        stray->name = only->name;
}

/* 0 or -ENOMEM. `pauses` must outlive them. */
static int stray_find_all(const Tenure *tenure, const StorePauses *pauses, Strays *ret_strays)
{
    _cleanup_free_ bool *known = NULL;

    if (pauses->count == 0)
        return 0;
    known = stray_find_known(tenure, pauses);
    ret_strays->items = calloc(pauses->count, sizeof(*ret_strays->items));
    if (!known || !ret_strays->items)
        return -ENOMEM;
    for (size_t i = 0; i < pauses->count; i++) {
        if (!known[i])
            stray_add(tenure->door.store, &pauses->items[i], ret_strays);
    }
    for (size_t i = 0; i < ret_strays->count; i++) {
        if (!ret_strays->items[i].name)
            stray_guess_name(ret_strays, &ret_strays->items[i]);
    }
    return 0;
}

/* ---- showing ---- */

static json_object *stray_row(const Stray *stray)
{
    json_object *row = json_new_object();

    json_put_text(row, "instance", stray->pause->instance_name);
    json_put_text(row, "name", stray->name);
    json_put_text(row, "id", stray->id);
    json_put(row, "pause", report_json_pause(stray->pause->reason, stray->pause->until_usec));
    return row;
}

json_object *stray_json(const Tenure *tenure, const StorePauses *pauses)
{
    _cleanup_(strays_done) Strays strays = {0};
    json_object *rows = json_new_array();

    if (stray_find_all(tenure, pauses, &strays) < 0)
        json_add(rows, NULL);
    for (size_t i = 0; i < strays.count; i++) {
        if (!stray_is_shown_by_id(&strays, &strays.items[i]))
            json_add(rows, stray_row(&strays.items[i]));
    }
    return rows;
}

/* ---- resuming ---- */

static bool stray_has_name(const Stray *stray, const char *text)
{
    return str_equal(stray->pause->channel_id, text) ||
           (stray->name && str_equal(stray->name, text));
}

static bool stray_fits(const Stray *stray, const char *text)
{
    const char *instance = stray->pause->instance_name;
    size_t size = strlen(instance);

    return stray_has_name(stray, text) || (str_has_prefix(text, instance) && text[size] == '/' &&
                                           stray_has_name(stray, text + size + 1));
}

/* 0; -ENOENT; -ENOTUNIQ where it fits channels of several instances, told in `err`. */
static int stray_find(const Strays *strays, const char *text, const Stray **ret_stray, Err *err)
{
    const Stray *first = NULL;

    for (size_t i = 0; i < strays->count; i++) {
        const Stray *stray = &strays->items[i];

        if (!stray_fits(stray, text))
            continue;
        if (first && !str_equal(first->pause->instance_name, stray->pause->instance_name))
            return err_set(err, -ENOTUNIQ,
                           "%.200s: channels of several instances have this name: say "
                           "instance/name",
                           text);
        if (!first || !first->id)
            first = stray;
    }
    if (!first)
        return -ENOENT;
    *ret_stray = first;
    return 0;
}

/* Ends all that fit, and what pauses the same channel by its name. */
static int stray_end(Store *store, const Strays *strays, const char *text, const Stray *chosen,
                     Err *err)
{
    int r = 0;

    for (size_t i = 0; i < strays->count && r >= 0; i++) {
        const Stray *stray = &strays->items[i];

        if (stray_fits(stray, text) || stray_is_name_of(stray, chosen))
            r = store_resume(store, stray->pause->instance_name, stray->pause->channel_id, err);
    }
    return r;
}

static void stray_answer(ServerCall *call, const Stray *stray)
{
    json_object *root = json_new_object();
    Buf buf = {0};

    json_put_text(root, "instance", stray->pause->instance_name);
    json_put_text(root, "name", stray->name);
    json_put_text(root, "id", stray->id);
    json_put_bool(root, "paused", false);
    json_append(root, &buf);
    control_answer(call, &buf);
}

int stray_resume(Control *control, ServerCall *call, json_object *root, Err *err)
{
    _cleanup_(store_pauses_done) StorePauses pauses = {0};
    _cleanup_(strays_done) Strays strays = {0};
    Store *store = control->state->store;
    const Stray *stray = NULL;
    const char *text;
    int r = json_get_text(root, "channel", true, &text, err);

    if (r < 0 || !store)
        return r < 0 ? r : -ENOENT;
    r = store_pauses(store, clock_realtime_usec(), &pauses, err);
    if (r == 0 && stray_find_all(control->tenure, &pauses, &strays) < 0)
        r = err_memory(err);
    if (r == 0)
        r = stray_find(&strays, text, &stray, err);
    if (r == 0)
        r = control_writable(control, err);
    if (r == 0)
        r = stray_end(store, &strays, text, stray, err);
    if (r < 0)
        return r;
    asked_log(call, &(Asked){.action = "resume"}, "%s resumed", text);
    stray_answer(call, stray);
    return 0;
}
