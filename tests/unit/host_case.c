/* SPDX-License-Identifier: MIT */
#include "tests/unit/host_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"

static const char *const keys[] = {HOST_KEY(1), HOST_KEY(2), HOST_KEY(3), HOST_KEY(4)};
static const char *const names[] = {"one", "two", "three", "four"};

/* ---- what it is told ---- */

static void on_begin(void *userdata, const char *key, const FleetCarry *carry)
{
    Host *host = userdata;

    host->begun++;
    str_copy(host->last, sizeof(host->last), key);
    str_copy(host->carry, sizeof(host->carry), carry->json);
    str_copy(host->before, sizeof(host->before), carry->host);
    host->is_handed_over = carry->is_handed_over;
    host->intent_count = carry->intent_count;
    str_copy(host->intent, sizeof(host->intent),
             carry->intent_count > 0 ? carry->intents[carry->intent_count - 1].json : "");
}

static void on_stop(void *userdata, const char *key, const char *why)
{
    Host *host = userdata;

    host->stopped++;
    str_copy(host->last, sizeof(host->last), key);
    str_copy(host->why, sizeof(host->why), why);
}

static void on_drop(void *userdata, const char *key, const char *why)
{
    Host *host = userdata;

    host->dropped++;
    str_copy(host->last, sizeof(host->last), key);
    str_copy(host->why, sizeof(host->why), why);
}

static bool is_quiet(void *userdata, const char *key)
{
    (void)key;
    return !((Host *)userdata)->is_busy;
}

static void on_key(void *userdata, const char *name, const EtcdKey *key)
{
    (void)userdata;
    (void)name;
    (void)key;
}

static void on_change(void *userdata)
{
    ((Host *)userdata)->changes++;
}

static const FleetOps ops = {.begin = on_begin,
                             .stop = on_stop,
                             .drop = on_drop,
                             .is_quiet = is_quiet,
                             .on_key = on_key,
                             .on_change = on_change};

/* ---- its life ---- */

EtcdCase *host_case(void **state)
{
    EtcdCase *etcd_case = *state;

    if (!etcd_case->etcd)
        skip();
    return etcd_case;
}

static EtcdProxy *new_proxy(const EtcdCase *etcd_case)
{
    unsigned int port = 0;

    assert_int_equal(sscanf(etcd_case->url, "http://127.0.0.1:%u", &port), 1);
    return etcd_proxy_new(etcd_case->event, (uint16_t)port);
}

void host_prepare(Host *host, EtcdCase *etcd_case, const char *name, uint64_t lease_usec,
                  uint64_t handover_usec)
{
    *host = (Host){.etcd_case = etcd_case};
    host->proxy = new_proxy(etcd_case);
    host->endpoints[0] = etcd_proxy_url(host->proxy);
    host->settings = (FleetSettings){.endpoints = host->endpoints,
                                     .endpoint_count = 1,
                                     .prefix = etcd_case->prefix,
                                     .host = name,
                                     .lease_usec = lease_usec,
                                     .handover_usec = handover_usec};
    host->config = (Config){.directory = "/", .fleet = &host->settings};
    memset(host->set.digest, 'a', DIGEST_WHOLE);
}

void host_add_endpoint(Host *host)
{
    host->second = new_proxy(host->etcd_case);
    host->endpoints[1] = etcd_proxy_url(host->second);
    host->settings.endpoint_count = 2;
}

void host_open(Host *host)
{
    Err err = {0};

    if (fleet_new(host->etcd_case->event, &host->config, &host->fleet, &err) < 0)
        fail_msg("%s", err.text);
    fleet_set_user(host->fleet, &ops, host);
}

void host_make(Host *host, EtcdCase *etcd_case, const char *name, uint64_t lease_usec,
               uint64_t handover_usec)
{
    host_prepare(host, etcd_case, name, lease_usec, handover_usec);
    host_open(host);
}

void host_set_instances(Host *host, size_t count)
{
    assert_true(count <= ELEMENTS(keys));
    assert_int_equal(fleet_set_instances(host->fleet, keys, names, count, &host->set), 0);
}

void host_begin(Host *host, size_t instance_count)
{
    host_set_instances(host, instance_count);
    fleet_begin(host->fleet);
}

void host_start(Host *host, EtcdCase *etcd_case, const char *name, size_t instance_count)
{
    host_make(host, etcd_case, name, HOST_LEASE, HOST_HANDOVER);
    host_begin(host, instance_count);
}

void host_own(Host *host, EtcdCase *etcd_case, const char *name, uint64_t lease_usec,
              size_t instance_count)
{
    host_make(host, etcd_case, name, lease_usec, HOST_HANDOVER);
    host_begin(host, instance_count);
    AWAIT(etcd_case, host->begun == instance_count);
}

void host_stand_by(Host *host, EtcdCase *etcd_case, const char *name, size_t instance_count)
{
    host_start(host, etcd_case, name, instance_count);
    AWAIT(etcd_case, mirror_is_current(fleet_mirror(host->fleet)));
}

void host_die(Host *host)
{
    fleet_free(host->fleet);
    host->fleet = NULL;
    etcd_proxy_free(host->proxy);
    etcd_proxy_free(host->second);
    host->proxy = host->second = NULL;
}

void host_lapse(Host *host)
{
    int64_t lease = host->fleet->lease.id;
    Buf body = {0};

    host_die(host);
    etcd_put_lease(&body, lease);
    etcd_case_ask(host->etcd_case, "lease/revoke", buf_text(&body));
    assert_int_equal(host->etcd_case->result, ETCD_ANSWERED);
    buf_done(&body);
}

void host_stop(Host *host)
{
    fleet_end(host->fleet, "rosterd stops");
    AWAIT(host->etcd_case, fleet_is_over(host->fleet));
    host_die(host);
}

/* ---- what it makes known ---- */

static void on_intended(void *userdata, const IntentAnswer *answer)
{
    Host *host = userdata;

    host->intended++;
    host->end = answer->end;
    host->scope = answer->pause_scope;
    str_copy(host->text, sizeof(host->text),
             answer->pause_reason ? answer->pause_reason
             : answer->err        ? answer->err->text
                                  : "");
}

int host_submit_intent(Host *host, size_t changes, const char *spent_approval, bool is_undo)
{
    Change *items = calloc(changes, sizeof(*items));
    Batch batch = {.pass = "pass-1",
                   .channel_id = "channel-1",
                   .channel_name = "payments",
                   .digest = "0123456789ab",
                   .changes = items,
                   .change_count = changes};
    FleetIntent intent = {.batch = &batch, .spent_approval = spent_approval, .is_undo = is_undo};
    Err err = {0};
    int r;

    assert_non_null(items);
    for (size_t i = 0; i < changes; i++)
        items[i] = (Change){.kind = CHANGE_DELETE,
                            .member_id = "member",
                            .identity = "x\0y",
                            .identity_size = 3,
                            .before = "{\"id\": \"member\"}"};
    r = fleet_intend(host->fleet, HOST_KEY(1), &intent, on_intended, host, NULL, &err);
    free(items);
    return r;
}

void host_intend(Host *host, size_t changes, const char *spent_approval)
{
    size_t before = host->intended;

    assert_int_equal(host_submit_intent(host, changes, spent_approval, false), 0);
    AWAIT(host->etcd_case, host->intended > before);
}

static void on_written(void *userdata, FleetWritten result, uint64_t revision, const char *message)
{
    Host *host = userdata;

    (void)revision;
    (void)message;
    host->written++;
    host->result = result;
}

static void write_one(Host *host, const FleetIf *conditions, size_t count, const FleetPut *put)
{
    size_t before = host->written;

    assert_int_equal(fleet_write(host->fleet, NULL, conditions, count, put, 1, 5 * USEC_PER_SEC,
                                 on_written, host, NULL),
                     0);
    AWAIT(host->etcd_case, host->written > before);
}

void host_write(Host *host, const char *name, const char *json)
{
    write_one(host, NULL, 0, &(FleetPut){.name = name, .json = json});
    assert_int_equal(host->result, FLEET_WRITTEN);
}

void host_write_if(Host *host, const char *name, const char *json, uint64_t changed)
{
    write_one(host, &(FleetIf){.name = name, .changed = changed}, 1,
              &(FleetPut){.name = name, .json = json});
}

/* ---- what etcd has ---- */

static const EtcdFound *range(EtcdCase *etcd_case, const char *name)
{
    Buf body = {0}, key = {0};
    EtcdTxn txn;

    buf_puts(&key, etcd_case->prefix);
    buf_puts(&key, name);
    etcd_txn_begin(&txn, &body);
    etcd_txn_then(&txn);
    etcd_txn_range_prefix(&txn, buf_text(&key));
    etcd_txn_else(&txn);
    etcd_case_ask_txn(etcd_case, &txn, &body);
    buf_done(&key);
    return &etcd_case->txn.found[0];
}

const char *host_find(EtcdCase *etcd_case, const char *name)
{
    const EtcdFound *found = range(etcd_case, name);

    return found->count > 0 ? found->keys[0].value : "";
}

size_t host_count(EtcdCase *etcd_case, const char *prefix)
{
    return range(etcd_case, prefix)->count;
}
