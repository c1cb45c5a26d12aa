/* SPDX-License-Identifier: MIT */
/* The metrics of each channel. `channel` is its name where it is known and no other channel of the
 * instance is called so, else its id. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/runtime/controller.h"

/* Appends them; `gateways` has a label for each instance. A failure sticks in `buf`. */
void metrics_channels_append(const Controller *controller, char *const *gateways, Buf *buf);
