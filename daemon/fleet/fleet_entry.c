/* SPDX-License-Identifier: MIT */
/* hosts/HOST: this host among those of the fleet, under its lease. A host takes part once its name
 * is its own: under a name that another one holds it stands by. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/file.h"
#include "daemon/fleet/fleet_internal.h"

static void entry_ask(Fleet *fleet);

static void entry_retry(Fleet *fleet)
{
    sd_event_source_set_time(fleet->entry_wake, clock_monotonic_usec() + FLEET_RETRY_USEC);
    sd_event_source_set_enabled(fleet->entry_wake, SD_EVENT_ONESHOT);
}

/* ---- what it says ---- */

static void entry_put_boot(JsonWriter *writer)
{
    _cleanup_(buf_done) Buf boot = {0};
    int r = file_read("/proc/sys/kernel/random/boot_id", 64, &boot, NULL);

    if (r == -ENOMEM)
        buf_fail(writer->buf);
    if (boot.data) /* a line */
        boot.data[strcspn(boot.data, "\n")] = '\0';
    json_put_text(writer, "boot", buf_text(&boot));
}

static void entry_write(const Fleet *fleet, Buf *value)
{
    JsonWriter writer = {.buf = value, .is_compact = true};
    char since[CLOCK_RFC3339_SIZE];

    clock_format_rfc3339(fleet->held_usec, since);
    json_open_object(&writer, NULL);
    json_put_string(&writer, "version", ROSTERD_VERSION);
    json_put_string(&writer, "since", since);
    entry_put_boot(&writer);
    json_put_string(&writer, "set", fleet->set_digest);
    json_put_string(&writer, "head", fleet->set_head);
    json_put_bool(&writer, "drained", fleet->is_drained);
    json_put_number(&writer, "max_instances", fleet->max_instances);
    json_close_object(&writer);
}

static const char *entry_key(const Fleet *fleet, Buf *buf)
{
    fleet_key(fleet, KEYS_HOSTS, buf);
    buf_puts(buf, fleet->host);
    return buf_text(buf);
}

/* ---- asking for it ---- */

static void entry_take(Fleet *fleet, uint64_t token)
{
    bool was_ours = fleet->entry_token != 0;

    fleet->entry = ENTRY_OURS;
    fleet->entry_token = token;
    if (!was_ours)
        fleet_instances_hold(fleet);
    if (fleet->entry_is_old)
        entry_ask(fleet);
}

/* Not put: what stands there is another's, or is there no more. */
static void entry_find(Fleet *fleet, const EtcdTxnAnswer *answer)
{
    const EtcdFound *found = answer->found_count > 0 ? &answer->found[0] : NULL;
    const EtcdKey *key = found && found->count > 0 ? &found->keys[0] : NULL;

    fleet->entry_revision = answer->revision;
    if (key && key->lease == fleet->lease.id) { /* an earlier try of ours, whose answer was lost */
        fleet->entry_is_old = fleet->entry_is_old || fleet->entry_token != 0;
        entry_take(fleet, key->created);
    } else if (key) {
        fleet->entry = ENTRY_TAKEN;
        fleet_log_taken(fleet, key);
        fleet_entry_look(fleet);
    } else {
        fleet->entry = ENTRY_NONE;
        fleet->entry_token = 0;
        entry_retry(fleet);
    }
}

static void entry_on_answer(void *userdata, const EtcdAnswer *answer)
{
    Fleet *fleet = userdata;
    Arena arena = {0};
    EtcdTxnAnswer txn;

    fleet->entry_call = NULL;
    if (!fleet_read(fleet, answer, &arena, &txn)) {
        entry_retry(fleet);
        fleet_lease_check(fleet, answer);
    } else if (txn.succeeded) {
        entry_take(fleet, fleet->entry_token != 0 ? fleet->entry_token : txn.revision);
    } else {
        entry_find(fleet, &txn);
    }
    arena_done(&arena);
}

/* Puts it where it is not there, or anew where it is this host's. */
static void entry_ask(Fleet *fleet)
{
    _cleanup_(buf_done) Buf body = {0}, key = {0}, value = {0};
    EtcdTxn txn;

    assert(!fleet->entry_call);
    fleet->entry_is_old = false;
    if (fleet->entry_token == 0)
        fleet->entry = ENTRY_ASKED;
    entry_write(fleet, &value);
    entry_key(fleet, &key);
    etcd_txn_begin(&txn, &body);
    etcd_txn_compare_created(&txn, buf_text(&key), fleet->entry_token);
    etcd_txn_then(&txn);
    etcd_txn_put(&txn, buf_text(&key), buf_text(&value), value.size, fleet->lease.id);
    etcd_txn_else(&txn);
    etcd_txn_range(&txn, buf_text(&key));
    buf_fail_with(&body, &key);
    buf_fail_with(&body, &value);
    if (fleet_ask(fleet, &txn, &body, FLEET_CALL_USEC, entry_on_answer, fleet, &fleet->entry_call) <
        0)
        entry_retry(fleet);
}

static int entry_on_wake(sd_event_source *source, uint64_t usec, void *userdata)
{
    Fleet *fleet = userdata;

    (void)source;
    (void)usec;
    if (fleet->lease.state == LEASE_HELD && !fleet->entry_call && fleet->entry != ENTRY_TAKEN)
        entry_ask(fleet);
    return 0;
}

/* ---- what happens around it ---- */

void fleet_entry_begin(Fleet *fleet)
{
    entry_ask(fleet);
}

void fleet_entry_end(Fleet *fleet)
{
    if (fleet->entry_call)
        etcd_cancel(fleet->entry_call);
    fleet->entry_call = NULL;
    fleet->entry = ENTRY_NONE;
    fleet->entry_token = 0;
    fleet->entry_is_old = false;
    sd_event_source_set_enabled(fleet->entry_wake, SD_EVENT_OFF);
}

/* A name that was taken is free again; or somebody has deleted this host's. */
void fleet_entry_look(Fleet *fleet)
{
    const EtcdKey *key;
    char name[KEYS_NAME_SIZE];

    if (fleet->entry_call || fleet->entry_token >= mirror_get_revision(fleet->mirror) ||
        fleet->entry_revision > mirror_get_revision(fleet->mirror) ||
        (fleet->entry != ENTRY_TAKEN && fleet->entry != ENTRY_OURS))
        return;
    keys_format(KEYS_HOSTS, fleet->host, name);
    key = mirror_find(fleet->mirror, name);
    if (key && (fleet->entry == ENTRY_TAKEN || key->lease == fleet->lease.id))
        return;
    entry_ask(fleet);
}

void fleet_entry_put(Fleet *fleet)
{
    if (fleet->entry != ENTRY_OURS && fleet->entry != ENTRY_ASKED)
        return;
    if (fleet->entry_call)
        fleet->entry_is_old = true;
    else if (fleet->lease.state == LEASE_HELD)
        entry_ask(fleet);
}

int fleet_entry_init(Fleet *fleet)
{
    int r = sd_event_add_time(fleet->event, &fleet->entry_wake, CLOCK_MONOTONIC, 0, 1,
                              entry_on_wake, fleet);

    return r < 0 ? r : sd_event_source_set_enabled(fleet->entry_wake, SD_EVENT_OFF);
}

void fleet_entry_done(Fleet *fleet)
{
    if (fleet->entry_call)
        etcd_cancel(fleet->entry_call);
    sd_event_source_disable_unref(fleet->entry_wake);
}
