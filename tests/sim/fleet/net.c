/* SPDX-License-Identifier: MIT */
/* Between the hosts and etcd: requests that come late, twice or never, and answers likewise. */
#include <stdlib.h>

#include "daemon/base/str.h"
#include "tests/sim/fleet/judge.h"

#define NET_DELAY_USEC (300 * USEC_PER_MSEC)
#define NET_LATE_USEC (12 * USEC_PER_SEC)

static void net_at(Fleet *fleet, uint64_t delay_usec, FleetCall *call,
                   void (*run)(Fleet *fleet, FleetCall *call), bool is_host)
{
    if (mem_grow(&fleet->events, &fleet->event_capacity, fleet->event_count + 1,
                 sizeof(*fleet->events)) < 0)
        fail_msg("the test is out of memory");
    fleet->events[fleet->event_count++] = (FleetEvent){.at_usec = fleet->now_usec + delay_usec,
                                                       .serial = ++fleet->serial,
                                                       .run = run,
                                                       .call = call,
                                                       .is_host = is_host};
}

static FleetCall *net_copy(const FleetCall *call)
{
    FleetCall *copy = malloc(sizeof(*copy));

    if (!copy)
        fail_msg("the test is out of memory");
    *copy = *call;
    return copy;
}

static uint64_t net_delay_usec(Fleet *fleet)
{
    return fleet_below(fleet, fleet_happens(fleet, 4) ? NET_LATE_USEC : NET_DELAY_USEC) + 1;
}

static void net_free(FleetCall *call)
{
    free(call->answer.keys);
    free(call);
}

static void net_done(Fleet *fleet, FleetCall *call)
{
    (void)fleet;
    if (call->life == call->host->life)
        call->on_done(call->host, call);
    net_free(call);
}

static uint64_t net_away_until_usec(const FleetHost *host)
{
    const Fleet *fleet = host->fleet;

    return host->etcd_cut_usec > fleet->etcd_away_usec ? host->etcd_cut_usec
                                                       : fleet->etcd_away_usec;
}

/* Who asked tells by the number whether the answer is awaited still. What was sent into a
 * connection that is cut may arrive once it is whole again. */
static void net_arrive(Fleet *fleet, FleetCall *call)
{
    uint64_t away_usec = net_away_until_usec(call->host);

    if (away_usec > fleet->now_usec) {
        if (fleet_happens(fleet, 50))
            net_at(fleet, away_usec - fleet->now_usec + net_delay_usec(fleet), call, net_arrive,
                   false);
        else
            net_free(call);
        return;
    }
    etcd_serve(&fleet->etcd, &call->request, &call->answer);
    call->has_answer = true;
    judge_known(fleet, call);
    if (fleet_happens(fleet, 3))
        net_free(call);
    else
        net_at(fleet, net_delay_usec(fleet), call, net_done, true);
}

static FleetAsk net_look_at(const EtcdRequest *request)
{
    static const struct {
        const char *folder;
        FleetAsk ask;
    } folders[] = {{"owner/", FLEET_ASK_CAMPAIGN},
                   {"~intents/", FLEET_ASK_INTENT},
                   {"records/", FLEET_ASK_RECORD}};

    if (request->kind == ETCD_GRANT || request->kind == ETCD_REVOKE)
        return FLEET_ASK_LEASE;
    if (request->kind == ETCD_KEEPALIVE)
        return FLEET_ASK_KEEPALIVE;
    if (request->kind == ETCD_SNAPSHOT)
        return FLEET_ASK_ALL;
    if (request->do_count > 0 && request->dos[0].is_delete &&
        str_has_prefix(request->dos[0].key, "owner/"))
        return FLEET_ASK_RELEASE;
    for (size_t i = 0; i < ELEMENTS(folders) && request->do_count > 0; i++) {
        if (str_has_prefix(request->dos[0].key, folders[i].folder))
            return folders[i].ask;
    }
    return FLEET_ASK_OTHER;
}

/* A try at one endpoint has no answer, and the next one is asked: a request may arrive twice. */
uint64_t net_ask(FleetHost *host, const FleetCall *asked)
{
    Fleet *fleet = host->fleet;
    FleetCall *call = net_copy(asked);
    uint64_t number;

    host->asked[net_look_at(&asked->request)]++;
    call->host = host;
    call->life = host->life;
    call->number = number = ++fleet->serial;
    call->has_answer = false;
    if (!fleet_happens(fleet, 2))
        net_at(fleet, net_delay_usec(fleet), net_copy(call), net_arrive, false);
    if (fleet_happens(fleet, 2))
        net_at(fleet, net_delay_usec(fleet) + USEC_PER_SEC, net_copy(call), net_arrive, false);
    net_at(fleet, call->timeout_usec, call, net_done, true);
    return number;
}

/* ---- the watch ---- */

/* Once there is a way again. */
static void net_hear(Fleet *fleet, FleetCall *call)
{
    FleetHost *host = call->host;
    uint64_t cut_usec =
        host->etcd_cut_usec > fleet->etcd_away_usec ? host->etcd_cut_usec : fleet->etcd_away_usec;

    if (call->life == host->life && cut_usec > fleet->now_usec) {
        net_at(fleet, cut_usec - fleet->now_usec + net_delay_usec(fleet), call, net_hear, true);
        return;
    }
    if (call->life == host->life)
        mirror_hear(host, call->extra);
    net_free(call);
}

void net_tell(FleetHost *host, uint64_t revision)
{
    FleetCall call = {.host = host, .life = host->life, .extra = revision};

    net_at(host->fleet, net_delay_usec(host->fleet), net_copy(&call), net_hear, true);
}

/* ---- what is due ---- */

static bool net_is_ready(const FleetEvent *event)
{
    return !event->is_host || !fleet_is_frozen(event->call->host);
}

static uint64_t net_event_usec(const FleetEvent *event)
{
    uint64_t frozen_usec = event->call->host->frozen_until_usec;

    return event->is_host && frozen_usec > event->at_usec ? frozen_usec : event->at_usec;
}

size_t net_first(const Fleet *fleet)
{
    size_t first = SIZE_MAX;

    for (size_t i = 0; i < fleet->event_count; i++) {
        const FleetEvent *event = &fleet->events[i];

        if (event->at_usec <= fleet->now_usec && net_is_ready(event) &&
            (first == SIZE_MAX || event->serial < fleet->events[first].serial))
            first = i;
    }
    return first;
}

uint64_t net_next_usec(const Fleet *fleet)
{
    uint64_t next_usec = USEC_NEVER;

    for (size_t i = 0; i < fleet->event_count; i++) {
        uint64_t usec = net_event_usec(&fleet->events[i]);

        next_usec = usec < next_usec ? usec : next_usec;
    }
    return next_usec;
}

void net_done_with(Fleet *fleet)
{
    for (size_t i = 0; i < fleet->event_count; i++)
        net_free(fleet->events[i].call);
    free(fleet->events);
}

void net_run(Fleet *fleet, size_t index)
{
    FleetEvent event = fleet->events[index];

    fleet->events[index] = fleet->events[--fleet->event_count];
    event.call->host->idle_until_usec = 0;
    event.run(fleet, event.call);
}
