/* SPDX-License-Identifier: MIT */
/* What tests of the control socket in a fleet share: its host, admin-a, and admin-b, both on a real
 * etcd; of the latter, a test says what it writes. */
#pragma once

#include "tests/unit/control_case.h"
#include "tests/unit/host_case.h"

#include "daemon/fleet/keys.h"
#include "daemon/shared/undo_value.h"

typedef struct ControlHosts {
    EtcdCase *etcd_case;
    EtcdCase beside; /* the same, for clients in the loop of the control */
    ControlCase *control_case;
    Host here, there;
    Shared *shared;
    char hash[DIGEST_HEX_SIZE]; /* of the first instance */
    const char *key;            /* of it */
    bool is_deaf;               /* hears of nothing that is mirrored */
    Buf text;
} ControlHosts;

/* Of the test that runs. */
extern ControlHosts control_hosts;

/* The instance is admin-b's, which has taken each pause at once, and of whose changes the history
 * here holds the deletion of a member of "payments"; or it is this host's, whose first pass is over
 * and has deleted two. Where there is no etcd, the test is skipped. */
int control_hosts_setup_standing_by(void **state);
int control_hosts_setup_owning(void **state);
int control_hosts_setup_two(void **state); /* instances; standing by */
int control_hosts_teardown(void **state);

/* The daemon ends: an undo that is under way is nobody's any more. */
void control_hosts_free_control(void);

/* admin-a's: the control, and whether the scope is paused by what its passes go by. */
ControlCase *control_hosts_here(void);
bool control_hosts_is_paused(const char *channel);

/* No etcd answers this host any more; and what it has asked by now is not tried again. */
void control_hosts_cut(void);
void control_hosts_end_calls(void);

/* What admin-b writes, also where the name is a format. */
void control_hosts_write(const char *json, const char *name, ...)
    __attribute__((format(printf, 2, 3)));

/* The first key that begins so, as admin-b knows it, once there is one; once there is none. */
const EtcdKey *control_hosts_await_key(const char *prefix);
void control_hosts_await_none(const char *prefix);

/* An undo that admin-b hands over, of the deletion of members N of "payments", or of a channel that
 * is in no roster: as it asked at that time. Its name. */
const char *control_hosts_hand_over(const char *pass, size_t members, uint64_t asked_usec);

#define AWAIT_HERE(condition) AWAIT(&control_hosts.beside, condition)
