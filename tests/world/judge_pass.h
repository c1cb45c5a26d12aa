/* SPDX-License-Identifier: MIT */
/* The guards of a whole pass, as a naive onlooker sees them. */
#pragma once

#include "tests/world/world.h"

/* The list of a channel is asked for. */
void judge_pass_ask(World *world, const Request *request);

/* An answer to the list of a channel has come: whether it was listed once, or has failed an
 * attempt. */
void judge_pass_answer(World *world, const WorldEvent *event);

/* Deletions are about to be recorded: all channels were heard of, and the pass has not had enough.
 */
void judge_pass_record(World *world, const WorldChannel *channel, const Batch *batch);

/* A channel is held by these guards alone. */
void judge_pass_held(World *world, const ChannelReport *report);

/* Before a pass begins: from which action on those that were sent count in it. */
void judge_pass_begin(World *world);
