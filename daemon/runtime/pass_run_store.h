/* SPDX-License-Identifier: MIT */
/* The Ops of a PassRun that go to the state (daemon/store). */
#pragma once

#include "daemon/runtime/pass_run_internal.h"

/* As in ops.h; the context is the PassRun. */
int pass_run_store_recall(void *context, const RosterChannel *channel, const ChannelRow *row,
                          ChannelRecord *record, Err *err);
int pass_run_store_is_approved(void *context, const char *digest, const ChangeGate *gate, Err *err);
int pass_run_store_share_approval(void *context, const char *digest, const char *const *plans,
                                  size_t plan_count, Err *err);
int pass_run_store_remember(void *context, const RosterChannel *channel, const char *channel_id,
                            const Sighting *sightings, size_t count, Err *err);
int pass_run_store_unsettled(void *context, size_t instance, UnsettledAdd add, void *userdata);
int pass_run_store_settle(void *context, const RosterChannel *channel, const char *channel_id,
                          const SettleList *list, Err *err);
void pass_run_store_watch_added(void *context, const RosterChannel *channel, const ChannelRow *row,
                                IsListed is_listed, const void *list);
int pass_run_store_record(void *context, Batch *batches, size_t count, Err *err);
const char *pass_run_store_compose(void *context, const MemberPost *post, Arena *arena);
int pass_run_store_read_fields(void *context, const char *member_json, MemberFields *ret_fields);
int pass_run_store_decide(void *context, uint64_t action, Outcome outcome, uint32_t attempts,
                          const ListedMember *listed, const Answer *answer, Err *err);

/* Tells the state what its instances are called. Where that fails, so does recording, and nothing
 * is deleted. */
void pass_run_store_name_instances(const PassRun *run);

/* Puts pauses into the run's report that no plan asked for. */
void pass_run_store_show_pauses(const PassRun *run, const Report *report);
