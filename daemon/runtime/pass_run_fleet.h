/* SPDX-License-Identifier: MIT */
/* The Ops of a PassRun that go to the other hosts of a fleet (daemon/fleet): what is about to be
 * changed is made known first, and whether changes may be made at all. */
#pragma once

#include "daemon/runtime/pass_run_internal.h"

/* As in ops.h; the context is the PassRun. */
void pass_run_fleet_get_conditions(void *context, size_t instance, Conditions *ret_conditions);
int pass_run_fleet_intend(void *context, const Batch *batch, void *tag, Err *err);
void pass_run_fleet_cancel_intent(void *context, void *tag);

/* The approval of an instance was spent here, by giving each of its plans one: etcd has it no more.
 */
void pass_run_fleet_share_approval(const PassRun *run, const char *digest);

/* At its end: nothing of it is made known any more. */
void pass_run_fleet_done(PassRun *run);
