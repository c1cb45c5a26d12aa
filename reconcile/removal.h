/* Deleting a plan's extras: recorded first, then sent one at a time (PRODUCT.md sections 4.5, 5).
 */
#pragma once

#include "reconcile/channel.h"

/* So many failed deletions in a row end the channel's pass. */
#define REMOVAL_FAILURES_MAX 5

void removal_start(ChannelPass *channel);

/* Tells the log what became of an extra, with what the service said last; `why` it failed, NULL
 * where it did not. */
void removal_tell(const ChannelPass *channel, size_t number, const Err *why);

/* Gives a deletion its outcome in the history. 0, or the state's error told in `err`. */
int removal_decide(ChannelPass *channel, size_t number, Outcome outcome, Err *err);
