/* SPDX-License-Identifier: MIT */
/* What a host holds by its lease: the real decisions, carried out with the imaginary etcd. */
#include "daemon/base/str.h"
#include "tests/sim/fleet/fleet.h"

static uint64_t host_now_usec(void *context)
{
    return host_boottime_usec(context);
}

/* ---- the lease ---- */

static void host_wake_lease_at(void *context, uint64_t usec)
{
    ((FleetHost *)context)->wakes[0] = usec;
}

static void host_on_granted(FleetHost *host, const FleetCall *call)
{
    if (host->lease_call != call->number)
        return;
    host->lease_call = 0;
    if (host->fleet->fault == FLEET_FAULT_LATE_DEADLINE)
        host->lease.asked_usec = host_now_usec(host);
    if (!call->has_answer)
        lease_on_unanswered(&host->lease);
    else if (call->request.kind == ETCD_GRANT)
        lease_on_granted(&host->lease, call->answer.lease, call->answer.ttl_usec);
    else
        lease_on_renewed(&host->lease, call->answer.ttl_usec);
}

static void host_ask_lease(FleetHost *host, const EtcdRequest *request, uint64_t timeout_usec)
{
    host->lease_call = net_ask(host, &(FleetCall){.timeout_usec = timeout_usec,
                                                  .request = *request,
                                                  .on_done = host_on_granted});
}

static void host_grant(void *context, uint64_t ttl_usec, uint64_t timeout_usec)
{
    host_ask_lease(context, &(EtcdRequest){.kind = ETCD_GRANT, .ttl_usec = ttl_usec}, timeout_usec);
}

static void host_renew(void *context, int64_t id, uint64_t timeout_usec)
{
    host_ask_lease(context, &(EtcdRequest){.kind = ETCD_KEEPALIVE, .lease = id}, timeout_usec);
}

static void host_on_revoked(FleetHost *host, const FleetCall *call)
{
    (void)host;
    (void)call;
}

static void host_revoke(void *context, int64_t id)
{
    FleetHost *host = context;

    host->lease_call = 0;
    if (id)
        net_ask(host, &(FleetCall){.timeout_usec = 5 * USEC_PER_SEC,
                                   .request = {.kind = ETCD_REVOKE, .lease = id},
                                   .on_done = host_on_revoked});
}

static void host_on_held(void *context)
{
    FleetHost *host = context;

    fleet_trace(host, "holds lease %d", (int)host->lease.id);
    for (size_t i = 0; i < host->fleet->instance_count; i++)
        ownership_on_lease(&host->ownerships[i]);
}

static void host_on_lost(void *context, const char *why)
{
    FleetHost *host = context;

    fleet_trace(host, "%s", why);
    for (size_t i = 0; i < host->fleet->instance_count; i++)
        ownership_on_lost(&host->ownerships[i], why);
}

const LeaseOps host_lease_ops = {.now_usec = host_now_usec,
                                 .wake_at = host_wake_lease_at,
                                 .grant = host_grant,
                                 .renew = host_renew,
                                 .revoke = host_revoke,
                                 .on_held = host_on_held,
                                 .on_lost = host_on_lost};

/* ---- what it owns ---- */

static void host_on_recorded(FleetHost *host, const FleetCall *call)
{
    if (call->has_answer && !call->answer.has_succeeded &&
        host->ownerships[call->instance].token == call->extra)
        ownership_on_fenced(&host->ownerships[call->instance]);
}

void host_record_pass(Sim *sim, size_t instance)
{
    FleetHost *host = sim->host;
    FleetCall call = {.timeout_usec = 10 * USEC_PER_SEC,
                      .request = {.kind = ETCD_TXN},
                      .on_done = host_on_recorded,
                      .instance = instance,
                      .extra = host->ownerships[instance].token};
    char key[ETCD_KEY_SIZE];

    if (call.extra == 0)
        return;
    keys_owner(key, instance);
    etcd_compare(&call.request, key, call.extra);
    keys_record(key, instance);
    etcd_put(&call.request, key, (EtcdValue){.host = host->number, .set = host->set}, 0);
    keys_carry(key, instance);
    etcd_put(&call.request, key, (EtcdValue){.host = host->number}, 0);
    net_ask(host, &call);
}

static void host_wake_at(void *context, size_t instance, uint64_t usec)
{
    ((FleetHost *)context)->wakes[1 + instance] = usec;
}

static bool host_has_room(void *context)
{
    const FleetHost *host = context;
    size_t taken = 0;

    for (size_t i = 0; i < host->fleet->instance_count; i++)
        taken += host->ownerships[i].state != OWNERSHIP_STANDBY;
    return taken < host->room;
}

static void host_on_room(void *context)
{
    ((FleetHost *)context)->has_room = true;
}

/* Whose the key is that an answer shows. */
static OwnerKind host_look_at(const FleetHost *host, const EtcdKv *kv)
{
    if (!kv->created)
        return OWNER_NOBODY;
    return kv->lease == host->lease.id ? OWNER_SELF : OWNER_OTHER;
}

static void host_on_campaigned(FleetHost *host, const FleetCall *call)
{
    Ownership *ownership = &host->ownerships[call->instance];
    const EtcdAnswer *answer = &call->answer;

    if (host->calls[call->instance] != call->number)
        return;
    host->calls[call->instance] = 0;
    if (!call->has_answer) {
        ownership_on_unanswered(ownership);
    } else if (answer->is_refused) {
        ownership_on_unanswered(ownership);
        lease_on_gone(&host->lease);
    } else if (answer->has_succeeded) {
        host->before_set[call->instance] =
            answer->looked.created ? answer->looked.value.set : host->set;
        ownership_on_won(ownership, answer->revision,
                         !answer->looked.created || answer->looked.value.is_released);
    } else {
        ownership_on_taken(ownership, host_look_at(host, &answer->compared[0]), answer->revision,
                           answer->compared[0].created);
    }
    ownership_step(ownership);
}

static void host_on_looked(FleetHost *host, const FleetCall *call)
{
    Ownership *ownership = &host->ownerships[call->instance];
    const EtcdAnswer *answer = &call->answer;

    if (host->calls[call->instance] != call->number)
        return;
    host->calls[call->instance] = 0;
    if (call->has_answer)
        ownership_on_looked(ownership, host_look_at(host, &answer->looked), answer->revision,
                            answer->looked.created);
    else
        ownership_on_unanswered(ownership);
    ownership_step(ownership);
}

static void host_on_released(FleetHost *host, const FleetCall *call)
{
    if (host->calls[call->instance] != call->number)
        return;
    host->calls[call->instance] = 0;
    if (call->has_answer)
        ownership_on_released(&host->ownerships[call->instance], call->answer.revision);
    else
        ownership_on_unanswered(&host->ownerships[call->instance]);
    ownership_step(&host->ownerships[call->instance]);
}

static void host_ask(FleetHost *host, size_t instance, const EtcdRequest *request,
                     void (*on_done)(FleetHost *host, const FleetCall *call))
{
    host->calls[instance] = net_ask(host, &(FleetCall){.timeout_usec = host->fleet->lease_usec / 4,
                                                       .request = *request,
                                                       .instance = instance,
                                                       .on_done = on_done});
}

static void host_campaign(void *context, size_t instance)
{
    FleetHost *host = context;
    EtcdRequest request = {.kind = ETCD_TXN};
    char owner[ETCD_KEY_SIZE];

    host->before_set[instance] = host->set;
    keys_owner(owner, instance);
    keys_last(request.look, instance);
    etcd_compare(&request, owner, 0);
    etcd_put(&request, owner, (EtcdValue){.host = host->number}, host->lease.id);
    etcd_put(&request, request.look, (EtcdValue){.host = host->number, .set = host->set}, 0);
    host_ask(host, instance, &request, host_on_campaigned);
}

static void host_look(void *context, size_t instance)
{
    EtcdRequest request = {.kind = ETCD_TXN};

    keys_owner(request.look, instance);
    host_ask(context, instance, &request, host_on_looked);
}

static void host_release(void *context, size_t instance, uint64_t token, bool has_waited)
{
    FleetHost *host = context;
    EtcdRequest request = {.kind = ETCD_TXN};
    char owner[ETCD_KEY_SIZE], last[ETCD_KEY_SIZE];

    keys_owner(owner, instance);
    keys_last(last, instance);
    etcd_compare(&request, owner, token);
    etcd_delete(&request, owner);
    etcd_put(&request, last,
             (EtcdValue){.host = host->number, .set = host->set, .is_released = has_waited}, 0);
    host_ask(host, instance, &request, host_on_released);
}

static void host_begin_passes(void *context, size_t instance, uint64_t change_from_usec)
{
    FleetHost *host = context;

    fleet_trace(host, "owns instance %zu by %zu%s", instance,
                (size_t)host->ownerships[instance].token, change_from_usec ? ", and waits" : "");
    host->fleet->counts->owned++;
    host->fleet->counts->taken_over += change_from_usec > 0;
    host->is_unclean[instance] = change_from_usec > 0;
    host->owned_usec[instance] = host->fleet->now_usec;
    host->took_set[instance] = host->set;
    if (change_from_usec && host->fleet->fault == FLEET_FAULT_NO_HANDOVER)
        host->ownerships[instance].change_from_usec = 0;
    sim_take_up(&host->sim, instance);
}

static void host_stop_passes(void *context, size_t instance, const char *why)
{
    FleetHost *host = context;

    fleet_trace(host, "instance %zu stops: %s", instance, why);
    sim_stand_by(&host->sim, instance, false, why);
}

static void host_drop(void *context, size_t instance, const char *why)
{
    FleetHost *host = context;

    fleet_trace(host, "instance %zu is dropped: %s", instance, why);
    host->calls[instance] = 0;
    if (host->fleet->fault != FLEET_FAULT_OLD_PLAN)
        sim_stand_by(&host->sim, instance, true, why);
}

void host_get_conditions(FleetHost *host, size_t instance, Conditions *ret_conditions)
{
    const Ownership *ownership = &host->ownerships[instance];
    uint64_t now_usec = host_boottime_usec(host);
    bool is_other =
        host->before_set[instance] != host->set && host->took_set[instance] == host->set;

    *ret_conditions = (Conditions){
        .handover_usec =
            ownership->change_from_usec > now_usec ? ownership->change_from_usec - now_usec : 0,
        .needs_sightings = host->is_unclean[instance],
        .token = ownership->token,
    };
    str_copy(ret_conditions->roster, sizeof(ret_conditions->roster), is_other ? "another set" : "");
    if (ownership->token == 0 ||
        lease_allows_usec(&host->lease, host->sim.world->config.limits.timeout_usec) == 0)
        str_copy(ret_conditions->lease, sizeof(ret_conditions->lease), "no lease");
}

static bool host_is_quiet(void *context, size_t instance)
{
    return changes_are_quiet(context, instance);
}

const OwnershipOps host_ownership_ops = {.now_usec = host_now_usec,
                                         .wake_at = host_wake_at,
                                         .has_room = host_has_room,
                                         .on_room = host_on_room,
                                         .campaign = host_campaign,
                                         .look = host_look,
                                         .release = host_release,
                                         .begin = host_begin_passes,
                                         .stop = host_stop_passes,
                                         .drop = host_drop,
                                         .is_quiet = host_is_quiet};
