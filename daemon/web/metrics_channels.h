/* SPDX-License-Identifier: MIT */
/* The metrics of each channel. `channel` is its name where it is known and no other channel of the
 * instance is called so, else its id. */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"
#include "daemon/runtime/controller.h"

typedef struct MetricsChannels MetricsChannels;

/* What the channels are called and which are paused now; the rest is looked at when it is appended.
 * `gateways` has a label for each instance; it and the controller are borrowed. NULL without
 * memory.
 */
MetricsChannels *metrics_channels_new(const Controller *controller, char *const *gateways);

/* Appends what follows, until `buf` has so many bytes. Whether that was the end. A failure sticks
 * in `buf`. */
bool metrics_channels_append(MetricsChannels *channels, size_t size_max, Buf *buf);

/* Also after the controller is gone. NULL is fine. */
void metrics_channels_free(MetricsChannels *channels);
