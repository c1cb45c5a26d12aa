/* SPDX-License-Identifier: MIT */
#include "tests/unit/control_hosts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "daemon/base/str.h"
#include "daemon/control/control_internal.h"
#include "daemon/control/pause.h"
#include "daemon/fleet/etcd_internal.h"
#include "daemon/fleet/fleet_internal.h"
#include "daemon/shared/shared_internal.h"
#include "reconcile/plan/identity.h"

/* Long enough for all that a test sends. */
#define LEASE (10 * USEC_PER_MINUTE)

ControlHosts control_hosts;

/* ---- as the daemon has it ---- */

static Controller *controller(void)
{
    return control_hosts.control_case->controller_case->controller;
}

static void on_begin(void *userdata, const char *key, const FleetCarry *carry)
{
    (void)userdata;
    (void)carry;
    controller_take_up(controller(), key);
}

static void on_stop(void *userdata, const char *key, const char *why)
{
    (void)userdata;
    controller_stand_by(controller(), key, false, why);
}

static void on_drop(void *userdata, const char *key, const char *why)
{
    (void)userdata;
    controller_stand_by(controller(), key, true, why);
}

static bool is_quiet(void *userdata, const char *key)
{
    uint64_t wait_usec;

    (void)userdata;
    return controller_is_quiet(controller(), key, &wait_usec);
}

static void on_key(void *userdata, const char *name, const EtcdKey *key)
{
    (void)userdata;
    shared_on_key(control_hosts.shared, name, key);
}

static void on_change(void *userdata)
{
    (void)userdata;
    if (control_hosts.is_deaf)
        return;
    shared_on_change(control_hosts.shared);
    control_on_fleet(control_hosts.control_case->control);
}

static const FleetOps ops = {.begin = on_begin,
                             .stop = on_stop,
                             .drop = on_drop,
                             .is_quiet = is_quiet,
                             .on_key = on_key,
                             .on_change = on_change};

static void on_paused(void *userdata, const StoreScope *scope)
{
    (void)userdata;
    pause_stop_passes(controller(), scope);
}

/* ---- its life ---- */

static void begin_host(Host *host, const char *name)
{
    const Controller *made = controller();
    const char *const keys[] = {made->backend.keys[0], made->backend.keys[1]};
    static const char *const names[] = {"prod", "test"};

    host_make(host, &control_hosts.beside, name, LEASE, HOST_HANDOVER);
    assert_int_equal(fleet_set_instances(host->fleet, keys, names, made->config->instance_count,
                                         &made->config->set),
                     0);
}

static void begin_here(void)
{
    ControlCase *control_case = control_hosts.control_case;
    ControllerCase *controller_case = control_case->controller_case;
    Host *here = &control_hosts.here;

    begin_host(here, "admin-a");
    fleet_set_user(here->fleet, &ops, NULL);
    assert_int_equal(shared_new(control_hosts.beside.event, here->fleet, "admin-a", LEASE,
                                on_paused, NULL, &control_hosts.shared),
                     0);
    assert_int_equal(store_name_instance(controller_case->store, control_hosts.key, "prod", NULL),
                     0);
    shared_use_store(control_hosts.shared, controller_case->store);
    control_use_shared(control_case->control, control_hosts.shared);
    controller_use_fleet(controller(), here->fleet, HOST_HANDOVER);
    fleet_begin(here->fleet);
}

/* Both know what etcd has. */
static void begin_there(void)
{
    begin_host(&control_hosts.there, "admin-b");
    fleet_begin(control_hosts.there.fleet);
    AWAIT_HERE(mirror_is_current(fleet_mirror(control_hosts.there.fleet)));
}

static bool begin(void **state, bool has_two_instances)
{
    control_hosts = (ControlHosts){.etcd_case = *state};
    if (etcd_case_begin(state) < 0 || !control_hosts.etcd_case->etcd)
        return false;
    control_case_setup((void **)&control_hosts.control_case);
    if (has_two_instances) {
        control_hosts.control_case->controller_case->has_two_instances = true;
        control_case_use(control_hosts.control_case, "guards: {max_delete_percent: 100}\n",
                         "version: 1\ninstance: prod\nchannels:\n"
                         "  - {name: payments, members: ['10.1.0.1:80']}\n");
    }
    control_hosts.beside = *control_hosts.etcd_case;
    control_hosts.beside.event = control_case_loop(control_hosts.control_case);
    control_hosts.key = controller()->backend.keys[0];
    assert_int_equal(keys_hash_instance(control_hosts.key, control_hosts.hash), 0);
    return true;
}

/* This host knows that both are there. */
static void await_both(void)
{
    const Mirror *mirror = fleet_mirror(control_hosts.here.fleet);

    AWAIT_HERE(mirror_is_current(mirror) && mirror_find(mirror, KEYS_HOSTS "admin-a") &&
               mirror_find(mirror, KEYS_HOSTS "admin-b"));
}

static void begin_standing_by(void)
{
    const Controller *made = controller();

    begin_there();
    AWAIT_HERE(control_hosts.there.begun == made->config->instance_count);
    control_hosts_write("{\"revision\": 9007199254740991}", "taken/admin-b");
    controller_case_record(control_hosts.control_case->controller_case, control_hosts.key,
                           CHANGE_DELETE);
    begin_here();
    controller_begin(controller(), NULL, controller_case_on_pass,
                     control_hosts.control_case->controller_case);
    await_both();
}

int control_hosts_setup_standing_by(void **state)
{
    if (begin(state, false))
        begin_standing_by();
    return 0;
}

int control_hosts_setup_two(void **state)
{
    if (begin(state, true))
        begin_standing_by();
    return 0;
}

int control_hosts_setup_owning(void **state)
{
    if (!begin(state, false))
        return 0;
    begin_here();
    AWAIT_HERE(fleet_owns(control_hosts.here.fleet, control_hosts.key));
    begin_there();
    await_both();
    control_case_begin(control_hosts.control_case);
    if (controller_service.deletions < 2)
        fail();
    return 0;
}

void control_hosts_free_control(void)
{
    ControlCase *control_case = control_hosts.control_case;
    bool is_undoing = control_case->control && control_case->control->undoing;

    control_free(control_case->control);
    control_case->control = NULL;
    if (!is_undoing)
        return;
    controller_free(control_case->controller_case->controller);
    control_case->controller_case->controller = NULL;
}

int control_hosts_teardown(void **state)
{
    void *control_case = control_hosts.control_case;

    (void)state;
    if (!control_case)
        return 0;
    control_hosts_free_control();
    controller_case_end(control_hosts.control_case->controller_case);
    shared_free(control_hosts.shared);
    host_die(&control_hosts.here);
    host_die(&control_hosts.there);
    buf_done(&control_hosts.text);
    return control_case_teardown(&control_case);
}

/* ---- what is there ---- */

ControlCase *control_hosts_here(void)
{
    if (!control_hosts.control_case)
        skip();
    return control_hosts.control_case;
}

bool control_hosts_is_paused(const char *channel)
{
    const StoreScope scope = {control_hosts.key, "prod", FIRST, channel};
    StorePauses pauses = {0};
    bool is;

    assert_int_equal(
        store_pauses(control_hosts.control_case->state.store, clock_realtime_usec(), &pauses, NULL),
        0);
    is = store_pauses_find(&pauses, &scope) != NULL;
    store_pauses_done(&pauses);
    return is;
}

void control_hosts_cut(void)
{
    etcd_proxy_cut(control_hosts.here.proxy, true);
    control_hosts.shared->write_usec = 100 * USEC_PER_MSEC; /* etcd is away, however long */
}

void control_hosts_end_calls(void)
{
    for (EtcdCall *call = control_hosts.here.fleet->etcd->calls; call; call = call->next)
        call->due_usec = 1;
}

void control_hosts_write(const char *json, const char *name, ...)
{
    char text[KEYS_NAME_SIZE];
    va_list arguments;

    va_start(arguments, name);
    vsnprintf(text, sizeof(text), name, arguments);
    va_end(arguments);
    host_write(&control_hosts.there, text, json);
}

static const EtcdKey *find(const char *prefix)
{
    size_t position = 0;

    return mirror_next(fleet_mirror(control_hosts.there.fleet), prefix, &position);
}

const EtcdKey *control_hosts_await_key(const char *prefix)
{
    AWAIT_HERE(find(prefix));
    return find(prefix);
}

void control_hosts_await_none(const char *prefix)
{
    AWAIT_HERE(!find(prefix));
}

const char *control_hosts_hand_over(const char *pass, size_t members, uint64_t asked_usec)
{
    static char name[KEYS_NAME_SIZE];
    unsigned char identities[MEMBERS_MAX][IDENTITY_SIZE_MAX];
    StoreAction actions[MEMBERS_MAX];
    UndoValue value = {.instance_key = control_hosts.key,
                       .host = "admin-b",
                       .pass = pass,
                       .uid = 7,
                       .asked_usec = asked_usec,
                       .actions = {.items = actions, .count = members}};
    char ids[MEMBERS_MAX][8], rows[MEMBERS_MAX][64];

    control_hosts_here();
    for (size_t i = 0; i < members; i++) {
        char host[16];
        int size;

        snprintf(host, sizeof(host), "10.1.0.%zu", i + 2);
        snprintf(ids[i], sizeof(ids[i]), "10%zu", i + 2);
        snprintf(rows[i], sizeof(rows[i]), "{\"host\":\"%s\",\"port\":80,\"weight\":7}", host);
        size = identity_pack("", host, 80, identities[i]);
        assert_true(size > 0);
        actions[i] = (StoreAction){.action = i + 5,
                                   .kind = "delete",
                                   .channel_id = FIRST,
                                   .channel_name = "payments",
                                   .member_id = ids[i],
                                   .identity = identities[i],
                                   .identity_size = (size_t)size,
                                   .before = rows[i],
                                   .outcome = "deleted",
                                   .weight = OPS_WEIGHT_NONE};
    }
    buf_reset(&control_hosts.text);
    assert_int_equal(undo_value_append(&value, &control_hosts.text), 0);
    snprintf(name, sizeof(name), KEYS_UNDO "%s/%020" PRIu64 "-admin-b", control_hosts.hash,
             asked_usec);
    host_write(&control_hosts.there, name, buf_text(&control_hosts.text));
    return name;
}
