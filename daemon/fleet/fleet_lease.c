/* SPDX-License-Identifier: MIT */
/* The lease of this host: what lease.h decides, carried out with etcd. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/fleet/fleet_internal.h"
#include "daemon/log/message_ids.h"

static uint64_t lease_ops_now_usec(void *context)
{
    (void)context;
    return clock_boottime_usec();
}

static int lease_on_wake(sd_event_source *source, uint64_t usec, void *userdata)
{
    Fleet *fleet = userdata;

    (void)source;
    (void)usec;
    if (fleet->lease_was_not_asked) {
        fleet->lease_was_not_asked = false;
        lease_on_unanswered(&fleet->lease);
    }
    lease_on_time(&fleet->lease);
    return 0;
}

static void lease_ops_wake_at(void *context, uint64_t boottime_usec)
{
    Fleet *fleet = context;

    if (boottime_usec == USEC_NEVER) {
        sd_event_source_set_enabled(fleet->lease_wake, SD_EVENT_OFF);
        return;
    }
    sd_event_source_set_time(fleet->lease_wake, boottime_usec);
    sd_event_source_set_enabled(fleet->lease_wake, SD_EVENT_ONESHOT);
}

/* ---- asking ---- */

/* What could not be asked is unanswered, and told so from the event loop. */
static void lease_ask(Fleet *fleet, const char *path, const Buf *body, uint64_t timeout_usec,
                      EtcdOnAnswer on_answer)
{
    if (buf_failed(body) == 0 &&
        etcd_call(fleet->etcd, path, body, timeout_usec, on_answer, fleet, &fleet->lease_call) >= 0)
        return;
    fleet->lease_was_not_asked = true;
    lease_ops_wake_at(fleet, clock_boottime_usec());
}

static void lease_fail(Fleet *fleet, const char *why)
{
    fleet_log_trouble(fleet, true, why);
    lease_on_unanswered(&fleet->lease);
}

static void lease_on_grant(void *userdata, const EtcdAnswer *answer)
{
    Fleet *fleet = userdata;
    int64_t id;
    uint64_t ttl_sec;
    Err err = {0};

    fleet->lease_call = NULL;
    if (answer->result != ETCD_ANSWERED)
        lease_fail(fleet, answer->message);
    else if (etcd_read_grant(answer->root, &id, &ttl_sec, &err) < 0)
        lease_fail(fleet, err.text);
    else
        lease_on_granted(&fleet->lease, id, ttl_sec * USEC_PER_SEC);
}

static void lease_ops_grant(void *context, uint64_t ttl_usec, uint64_t timeout_usec)
{
    _cleanup_(buf_done) Buf body = {0};

    etcd_put_grant(&body, (ttl_usec + USEC_PER_SEC - 1) / USEC_PER_SEC);
    lease_ask(context, "lease/grant", &body, timeout_usec, lease_on_grant);
}

static void lease_on_keepalive(void *userdata, const EtcdAnswer *answer)
{
    Fleet *fleet = userdata;
    uint64_t ttl_sec, revision;
    Err err = {0};

    fleet->lease_call = NULL;
    if (answer->result != ETCD_ANSWERED) {
        lease_fail(fleet, answer->message);
        return;
    }
    if (etcd_read_keepalive(answer->root, fleet->lease.id, &ttl_sec, &revision, &err) < 0) {
        lease_fail(fleet, err.text);
        return;
    }
    fleet_log_well(fleet, true);
    lease_on_renewed(&fleet->lease, ttl_sec * USEC_PER_SEC);
    mirror_compare(fleet->mirror, revision);
}

static void lease_ops_renew(void *context, int64_t id, uint64_t timeout_usec)
{
    _cleanup_(buf_done) Buf body = {0};

    etcd_put_lease(&body, id);
    lease_ask(context, "lease/keepalive", &body, timeout_usec, lease_on_keepalive);
}

static void lease_on_revoked(void *userdata, const EtcdAnswer *answer)
{
    Fleet *fleet = userdata;

    fleet->revoke_call = NULL;
    if (answer->result == ETCD_UNANSWERED)
        fleet_log_trouble(fleet, true, answer->message);
    if (fleet_is_over(fleet))
        fleet->ops->on_change(fleet->userdata);
}

static void lease_ops_revoke(void *context, int64_t id)
{
    Fleet *fleet = context;
    _cleanup_(buf_done) Buf body = {0};

    if (fleet->lease_call)
        etcd_cancel(fleet->lease_call);
    fleet->lease_call = NULL;
    fleet->lease_was_not_asked = false;
    if (id == 0)
        return;
    if (fleet->revoke_call)
        etcd_cancel(fleet->revoke_call);
    fleet->revoke_call = NULL;
    etcd_put_lease(&body, id);
    if (buf_failed(&body) == 0)
        etcd_call(fleet->etcd, "lease/revoke", &body, FLEET_CALL_USEC, lease_on_revoked, fleet,
                  &fleet->revoke_call);
}

/* ---- held and lost ---- */

static void lease_ops_on_held(void *context)
{
    Fleet *fleet = context;

    fleet_log_well(fleet, true);
    fleet->held_usec = clock_realtime_usec();
    fleet_log_lease(fleet, NULL);
    mirror_renew(fleet->mirror);
    fleet_entry_begin(fleet);
}

static void lease_ops_on_lost(void *context, const char *why)
{
    Fleet *fleet = context;

    fleet_log_lease(fleet, why);
    fleet_entry_end(fleet);
    fleet_instances_lose(fleet, why);
}

static const LeaseOps lease_ops = {
    .now_usec = lease_ops_now_usec,
    .wake_at = lease_ops_wake_at,
    .grant = lease_ops_grant,
    .renew = lease_ops_renew,
    .revoke = lease_ops_revoke,
    .on_held = lease_ops_on_held,
    .on_lost = lease_ops_on_lost,
};

void fleet_lease_check(Fleet *fleet, const EtcdAnswer *answer)
{
    if (answer->result == ETCD_REFUSED && answer->code == ETCD_CODE_NOT_FOUND)
        lease_on_gone(&fleet->lease);
}

int fleet_lease_init(Fleet *fleet)
{
    int r = sd_event_add_time(fleet->event, &fleet->lease_wake, CLOCK_BOOTTIME, 0, 1, lease_on_wake,
                              fleet);

    if (r >= 0)
        r = sd_event_source_set_enabled(fleet->lease_wake, SD_EVENT_OFF);
    lease_init(&fleet->lease, &lease_ops, fleet, fleet->lease_usec);
    return r;
}

void fleet_lease_done(Fleet *fleet)
{
    if (fleet->lease_call)
        etcd_cancel(fleet->lease_call);
    if (fleet->revoke_call)
        etcd_cancel(fleet->revoke_call);
    sd_event_source_disable_unref(fleet->lease_wake);
}
