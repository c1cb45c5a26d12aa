/* SPDX-License-Identifier: MIT */
/* Hosts of a fleet in one process, on a real etcd (etcd_case.h), each behind a proxy of its own. */
#pragma once

#include "tests/unit/etcd_case.h"

#include "daemon/fleet/fleet.h"
#include "tests/unit/etcd_proxy.h"

/* What a lease and a handover are where a test waits for the end of neither. */
#define HOST_LEASE (60 * USEC_PER_SEC)
#define HOST_HANDOVER (200 * USEC_PER_MSEC)

#define HOST_KEY(number) "https://roma.example project instance-" #number

typedef struct Host {
    EtcdCase *etcd_case;
    EtcdProxy *proxy, *second; /* NULL: it has one endpoint */
    const char *endpoints[2];
    FleetSettings settings;
    Config config;
    RosterSet set;
    Fleet *fleet;
    bool is_busy; /* something is under way at the service */
    size_t begun, stopped, dropped, changes;
    char why[512];   /* of the last stop or drop */
    char last[128];  /* the key that was begun, stopped or dropped last */
    char carry[256]; /* of the last begin(), as all below */
    char before[64];
    bool is_handed_over;
    size_t intent_count;
    char intent[2048];
    /* Of intents. */
    size_t intended;
    IntentEnd end;
    char text[512]; /* the reason of the pause, or why */
    PauseScope scope;
    /* Of writes. */
    size_t written;
    FleetWritten result;
} Host;

/* Turns the loop until that is so. */
#define AWAIT(etcd_case, condition)                                                                \
    do {                                                                                           \
        uint64_t end_usec_ = clock_monotonic_usec() + 60 * USEC_PER_SEC;                           \
        while (!(condition)) {                                                                     \
            if (clock_monotonic_usec() > end_usec_)                                                \
                fail_msg("still not: %s", #condition);                                             \
            assert_true(sd_event_run((etcd_case)->event, 100 * USEC_PER_MSEC) >= 0);               \
        }                                                                                          \
    } while (0)

/* The case of a test; where there is no etcd, the test is skipped. */
EtcdCase *host_case(void **state);

/* The settings of a host; another way to etcd; the host that goes by them; the first and the last.
 * One that has begun with that many instances, HOST_KEY(1) and so on. */
void host_prepare(Host *host, EtcdCase *etcd_case, const char *name, uint64_t lease_usec,
                  uint64_t handover_usec);
void host_add_endpoint(Host *host);
void host_open(Host *host);
void host_make(Host *host, EtcdCase *etcd_case, const char *name, uint64_t lease_usec,
               uint64_t handover_usec);
void host_set_instances(Host *host, size_t count);
void host_begin(Host *host, size_t instance_count);

/* One that has begun with that many instances; that owns them by now; that stands by, and knows
 * what etcd holds. */
void host_start(Host *host, EtcdCase *etcd_case, const char *name, size_t instance_count);
void host_own(Host *host, EtcdCase *etcd_case, const char *name, uint64_t lease_usec,
              size_t instance_count);
void host_stand_by(Host *host, EtcdCase *etcd_case, const char *name, size_t instance_count);

/* Ends at once, as one that dies. */
void host_die(Host *host);

/* The same, and its lease has lapsed by now. */
void host_lapse(Host *host);

/* Ends as one that is stopped, and waits for it. */
void host_stop(Host *host);

/* Makes a plan of so many deletions in channel-1 ("payments") of HOST_KEY(1) known. */
int host_submit_intent(Host *host, size_t changes, const char *spent_approval, bool is_undo);
void host_intend(Host *host, size_t changes, const char *spent_approval);

/* Puts a key, or deletes it (NULL); where it is as that revision left it (0: not there), whatever
 * comes of it. */
void host_write(Host *host, const char *name, const char *json);
void host_write_if(Host *host, const char *name, const char *json, uint64_t changed);

/* The value of a key behind the prefix, as etcd has it; "" for none. Until the next call. */
const char *host_find(EtcdCase *etcd_case, const char *name);

/* How many keys begin so. */
size_t host_count(EtcdCase *etcd_case, const char *prefix);
