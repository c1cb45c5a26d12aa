/* SPDX-License-Identifier: MIT */
/*
 * DOC: what keeps a set-up from working
 *
 * `rosterctl check` goes along the way that a pass goes, from the secrets to a list of channels,
 * and says of each step whether it works, or what to do. A step that depends on one that failed is
 * not tried: a guess would lead whoever looks for the fault away from it.
 *
 * check_instance() takes an instance through its secrets, the look-up of its name (resolve.h), its
 * proxy and a connection (daemon/roma/probe.h), the clocks, the credential and the rights. The last
 * two go through the client of a pass, made read-only, with one attempt each: what is wanted is how
 * it is now. check_fleet() asks the etcd that the hosts of a fleet share, and check_state() looks
 * at the state directory. Nothing is changed, neither there nor on this host.
 *
 * Lines are told as they come, for some steps wait for an answer. Their texts may repeat what
 * others said: whoever prints them takes care of control characters. They hold no secret.
 */
#pragma once

#include "config/config.h"
#include "daemon/base/err.h"
#include "daemon/store/state.h"

typedef enum CheckResult {
    CHECK_OK,
    CHECK_FAILED,
    CHECK_UNTRIED, /* it depends on one that failed, or nothing tells */
} CheckResult;

/* What came of one step. */
typedef struct CheckLine {
    const char *instance; /* its name; NULL: of this host */
    const char *step;     /* "DNS" */
    CheckResult result;
    const char *text; /* what was found, or what is wrong and what to do, or why it is not tried */
} CheckLine;

/* The line is borrowed for the call. */
typedef void (*CheckTold)(void *userdata, const CheckLine *line);

/*
 * Tells of an instance's steps, each once, in order; waits for the answers. `store` is the state,
 * read alone, which knows of passwords that IAM has refused; NULL: it is not known. 0, or a
 * negative errno with `err` where this host is too short of something to try.
 */
int check_instance(const Config *config, size_t instance, Store *store, CheckTold told,
                   void *userdata, Err *err);

/* Tells of the files that `fleet:` names, of each endpoint of etcd, and of the rights there;
 * nothing where there is no fleet. Waits for the answers. Errors as check_instance(). */
int check_fleet(const Config *config, CheckTold told, void *userdata, Err *err);

/* Opens the state for reading and tells whether rosterd, run as this user, can write it.
 * state_close() in every case. */
void check_state(State *state, const Config *config, CheckTold told, void *userdata);
