/* SPDX-License-Identifier: MIT */
/* The quarantine of the imaginary state, and what must hold of it. */
#pragma once

#include "tests/world/world.h"

typedef struct WorldQuarantine {
    bool is_ours;
    uint64_t due_usec; /* when its time is over */
} WorldQuarantine;

/* Whether the state has a member in quarantine. */
bool world_find_quarantined(const World *world, const WorldMember *member,
                            WorldQuarantine *ret_quarantine);

/* Whether an extra that the last list of its channel showed is in quarantine, and if so whether its
 * time was over then. */
bool world_is_quarantined(const WorldChannel *channel, const WorldMember *member, bool *ret_is_due);

/* Part of Ops. */
int world_recall_quarantine(void *context, const RosterChannel *roster, const char *channel_id,
                            Quarantine *quarantine, Err *err);
int world_enter_quarantine(void *context, const RosterChannel *roster, const ChannelRow *row,
                           const char *const *member_ids, size_t count, Err *err);
int world_leave_quarantine(void *context, const RosterChannel *roster, const char *channel_id,
                           const char *const *member_ids, size_t count, Err *err);

/* An action is recorded: what it has to do with quarantine. */
void world_note_switch(const World *world, const WorldChannel *channel, WorldAction *action,
                       uint64_t span_usec);

/* What a list says of one that is disabled or enabled: a Settlement. */
int world_settle_switch(const WorldAction *action, const SettleList *list);

/* After the rest of settle(): forgets who is not listed as in quarantine. */
void world_settle_quarantine(World *world, WorldChannel *channel, const RosterChannel *roster,
                             const SettleList *list);

/* The rules: of a request that disables or enables; of a deletion; of what a list shows. */
void world_rule_switch(World *world, const Request *request);
void world_rule_quarantine(World *world, const RosterChannel *roster, const WorldMember *member);
void world_rule_shown(World *world, WorldMember *member);

/* What is recorded to be enabled again. */
void world_rule_enabled(World *world, const WorldChannel *channel, const Batch *batch);
