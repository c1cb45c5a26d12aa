/* SPDX-License-Identifier: MIT */
/* The admin interface for tests: what was asked of the service, what is in it, and changing both.
 */
#include "tests/romasim/admin.h"

#include <stdlib.h>
#include <string.h>

#include "tests/romasim/answer.h"
#include "tests/romasim/credentials.h"
#include "tests/romasim/edit.h"
#include "tests/romasim/effects.h"
#include "tests/romasim/faults.h"
#include "tests/romasim/log.h"
#include "tests/romasim/render.h"
#include "tests/romasim/stats.h"
#include "tests/romasim/timing.h"

static void show_requests(Request *r)
{
    Text t = {0};

    log_render(&t);
    answer_json(r, 200, &t);
}

static void clear_requests(Request *r)
{
    log_clear();
    answer_empty(r, 204);
}

static void show_stats(Request *r)
{
    Text t = {0};

    stats_render(&t);
    answer_json(r, 200, &t);
}

static void clear_stats(Request *r)
{
    stats_reset();
    answer_empty(r, 204);
}

/* Members that are there; ghosts are only in the service's own lists. */
static void add_members(Text *t, const Channel *c)
{
    bool any = false;

    text_addf(t, "\"in_service\":%zu,\"least_in_service\":%zu,\"members\":[", c->n_in_service,
              c->least_in_service);
    for (size_t i = 0; i < c->n_members; i++) {
        if (c->members[i]->ghost_until_msec != 0)
            continue;
        text_add(t, any ? "," : "");
        render_member(t, c, c->members[i], false);
        any = true;
    }
    text_add(t, "]}");
}

static void show_members(Request *r)
{
    const char *name = request_parameter(r, "channel");
    const Channel *c = name ? model_find_channel(name) : NULL;
    Text t = {0};

    if (!c) {
        answer_error(r, 404, "SIM.404", "no such channel");
        return;
    }
    text_add(&t, "{");
    add_members(&t, c);
    answer_json(r, 200, &t);
}

static void add_instance(Text *t, const Instance *i)
{
    text_add(t, "{\"prefix\":");
    text_add_json(t, i->prefix);
    text_add(t, ",\"project_id\":");
    text_add_json(t, i->project_id);
    text_add(t, ",\"instance_id\":");
    text_add_json(t, i->id);
    text_add(t, ",\"channels\":[");
    for (size_t j = 0; j < i->n_channels; j++) {
        text_add(t, j > 0 ? "," : "");
        render_channel(t, i->channels[j], false);
        t->data[t->len - 1] = ',';
        add_members(t, i->channels[j]);
    }
    text_add(t, "]}");
}

static void show_state(Request *r)
{
    Text t = {0};

    text_add(&t, "{\"instances\":[");
    for (size_t i = 0; i < model.n_instances; i++) {
        text_add(&t, i > 0 ? "," : "");
        add_instance(&t, model.instances[i]);
    }
    text_add(&t, "]}");
    answer_json(r, 200, &t);
}

static void answer_edit(Request *r, JsonError *e)
{
    if (e->text)
        answer_error(r, 400, "SIM.400", "%s", e->text);
    else
        answer_empty(r, 204);
    free(e->text);
}

static void edit(Request *r)
{
    json_object *body = jsonget_parse(r->body.data, r->body.len);
    JsonError e = {0};

    edit_members(&e, body);
    answer_edit(r, &e);
    json_object_put(body);
}

static void show_effects(Request *r)
{
    Text t = {0};

    effects_render(&t);
    answer_json(r, 200, &t);
}

static void clear_effects(Request *r)
{
    effects_clear();
    answer_empty(r, 204);
}

static void show_settings(Request *r)
{
    Text t = {0};

    text_add(&t, "{\"instances\":[");
    for (size_t i = 0; i < model.n_instances; i++) {
        text_add(&t, i > 0 ? ",{\"instance_id\":" : "{\"instance_id\":");
        text_add_json(&t, model.instances[i]->id);
        text_add(&t, ",");
        settings_render(&t, &model.instances[i]->settings);
        text_add(&t, "}");
    }
    text_add(&t, "]}");
    answer_json(r, 200, &t);
}

/* The quota of one channel: null is the instance's again. */
static void set_channel(JsonError *e, json_object *o)
{
    static const char *const keys[] = {"channel", "quota", NULL};
    const char *name = jsonget_string(e, o, "channel");
    Channel *c = name ? model_find_channel(name) : NULL;

    jsonget_only(e, o, "the settings of a channel", keys);
    if (!c)
        jsonget_fail(e, "no such channel: %s", name ? name : "(none)");
    else if (!e->text)
        c->quota = jsonget_int(e, o, "quota", -1);
}

static void set_instances(JsonError *e, json_object *o)
{
    const char *id = jsonget_string(e, o, "instance");
    bool any = false;

    json_object_object_foreach(o, key, value)
    {
        (void)value;
        if (strcmp(key, "instance") != 0 && !settings_has(key))
            jsonget_fail(e, "unknown setting %s", key);
    }
    for (size_t i = 0; i < model.n_instances && !e->text; i++) {
        Settings settings = model.instances[i]->settings;

        if (id && strcmp(model.instances[i]->id, id) != 0)
            continue;
        any = true;
        settings_load(e, &settings, o);
        if (!e->text)
            model.instances[i]->settings = settings;
    }
    if (!any)
        jsonget_fail(e, "no such instance: %s", id ? id : "(none)");
}

static void change_settings(Request *r)
{
    json_object *body = jsonget_parse(r->body.data, r->body.len);
    JsonError e = {0};

    if (!json_object_is_type(body, json_type_object))
        jsonget_fail(&e, "the settings must be an object");
    else if (jsonget_has(body, "channel"))
        set_channel(&e, body);
    else
        set_instances(&e, body);
    answer_edit(r, &e);
    json_object_put(body);
}

static void add_faults(Request *r)
{
    json_object *body = jsonget_parse(r->body.data, r->body.len);
    JsonError e = {0};

    if (!json_object_is_type(body, json_type_array))
        jsonget_fail(&e, "the body must be a list of faults");
    else
        faults_load(&e, body);
    answer_edit(r, &e);
    json_object_put(body);
}

static void clear_faults(Request *r)
{
    faults_clear();
    answer_empty(r, 204);
}

static void release(Request *r)
{
    timing_release();
    answer_empty(r, 204);
}

static void set_credentials(Request *r)
{
    static const char *const keys[] = {"tokens", "keys", "users", NULL};
    json_object *body = jsonget_parse(r->body.data, r->body.len);
    JsonError e = {0};

    jsonget_only(&e, body, "credentials", keys);
    if (!e.text)
        credentials_load(&e, body);
    answer_edit(r, &e);
    json_object_put(body);
}

void admin_handle(Request *r)
{
    static const struct {
        const char *method, *path;
        void (*handle)(Request *);
    } routes[] = {
        {"GET", "/_sim/requests", show_requests},
        {"DELETE", "/_sim/requests", clear_requests},
        {"GET", "/_sim/stats", show_stats},
        {"DELETE", "/_sim/stats", clear_stats},
        {"GET", "/_sim/state", show_state},
        {"GET", "/_sim/members", show_members},
        {"POST", "/_sim/members", edit},
        {"POST", "/_sim/faults", add_faults},
        {"DELETE", "/_sim/faults", clear_faults},
        {"POST", "/_sim/credentials", set_credentials},
        {"POST", "/_sim/release", release},
        {"GET", "/_sim/effects", show_effects},
        {"DELETE", "/_sim/effects", clear_effects},
        {"GET", "/_sim/settings", show_settings},
        {"POST", "/_sim/settings", change_settings},
    };

    if (request_parse(r)) {
        for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
            if (strcmp(routes[i].method, r->method) == 0 && strcmp(routes[i].path, r->path) == 0) {
                routes[i].handle(r);
                return;
            }
        }
    }
    answer_error(r, 404, "SIM.404", "no such path");
}
