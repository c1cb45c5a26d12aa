/* SPDX-License-Identifier: MIT */
/* The imaginary service's and state's part of Ops, and what people and deaths do to them. Part of
 * world.h. */
#pragma once

#include "tests/world/world.h"

int world_submit(void *context, const Request *request);
int world_renew(void *context, size_t instance);
void world_arrive(World *world, WorldEvent *event);
void world_describe(const MemberRow *row, char *ret_json, size_t size);
void world_describe_wanted(const RosterMember *member, uint16_t channel_port,
                           const MemberFields *fields, char *ret_json, size_t size);
MemberFields world_parse_fields(const char *json);
WorldChannel *world_find_channel(World *world, size_t instance, const char *id);

/* The first entry of the rosters that means the channel, or NULL. */
const RosterChannel *world_find_roster(const World *world, const WorldChannel *channel);
WorldMember *world_find_member(World *world, const char *id);

int world_recall(void *context, const RosterChannel *roster, const ChannelRow *row,
                 ChannelRecord *record, Err *err);
int world_is_approved(void *context, const char *digest, const ChangeGate *gate, Err *err);
int world_share_approval(void *context, const char *digest, const char *const *plans,
                         size_t plan_count, Err *err);
int world_remember(void *context, const RosterChannel *roster, const char *channel_id,
                   const Sighting *sightings, size_t count, Err *err);
int world_unsettled(void *context, size_t instance, UnsettledAdd add, void *userdata);
int world_settle(void *context, const RosterChannel *roster, const char *channel_id,
                 const SettleList *list, Err *err);
int world_record(void *context, Batch *batches, size_t count, Err *err);
const char *world_compose(void *context, const MemberPost *post, Arena *arena);
int world_read_fields(void *context, const char *member_json, MemberFields *ret_fields);
int world_decide(void *context, uint64_t action, Outcome outcome, uint32_t attempts,
                 const ListedMember *listed, const Answer *answer, Err *err);
int world_may_change(void *context);
/* pass_hold_changes() and pass_allow_changes(), to be done by world_at() as well. */
void world_hold(World *world, void *unused);
void world_allow(World *world, void *unused);
/* pass_stop() and pass_abandon(), likewise. */
void world_stop(World *world, void *unused);
void world_abandon(World *world, void *unused);
void world_approve(World *world, const char *digest);
/* One that is neither spent nor lapsed, or NULL. */
WorldApproval *world_find_approval(World *world, const char *digest);

/* Has the newest approval open a closed window. */
void world_approve_now(World *world);

/* Pauses a channel, until then or (0) for good; the pass under way hears of it. */
void world_pause(World *world, WorldChannel *channel, uint64_t until_usec);
void world_approve_plan(World *world, const char *digest, uint64_t plan);

/* Whether a call that has an effect is still made by a living process; counts them. */
bool world_is_alive_before(World *world);
void world_note_effect(World *world);
bool world_has_worked(const WorldAction *action);
void world_flush(World *world); /* what is buffered becomes durable */
/* SIGKILL or a loss of power: the pass is no more, of the state what was durable is left, requests
 * under way may still arrive. */
void world_kill(World *world);
void world_forget(World *world); /* the last pass, its requests and its report */
