/* Deleting a plan's extras: recorded first, then sent one at a time (PRODUCT.md sections 4.5, 5).
 */
#pragma once

#include "reconcile/channel.h"

/* So many failed deletions in a row end the channel's pass. */
#define REMOVAL_FAILURES_MAX 5

void removal_start(ChannelPass *channel);
