/* SPDX-License-Identifier: MIT */
/* The rules of a full channel: an extra goes for each addition that the service refused, one at a
 * time, and then that addition is sent again. */
#pragma once

#include "tests/world/world.h"

/* A deletion is about to be sent. */
void judge_exchange_deletion(World *world, const RosterChannel *roster, WorldChannel *channel,
                             const WorldAction *action);

/* An addition is: whether it completes an exchange, which nothing may keep back. */
bool judge_exchange_addition(const World *world, WorldChannel *channel, WorldAction *action);

/* Whether a request may be sent by a pass that is stopped. */
bool judge_exchange_outlives_stop(const World *world, const Request *request);

/* An addition was answered. */
void judge_exchange_hear(World *world, const WorldEvent *event);

/* The pass is over. */
void judge_exchange_end(const World *world);
