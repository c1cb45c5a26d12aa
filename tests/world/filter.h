/* SPDX-License-Identifier: MIT */
#pragma once

#include "reconcile/ops.h"

/* What the service makes of a filter of its list of channels, which is not confirmed. */
typedef enum WorldFilter {
    WORLD_FILTER_EXACT,
    WORLD_FILTER_IGNORED,
    WORLD_FILTER_PREFIX,
    WORLD_FILTER_ANY_CASE,
    WORLD_FILTER_EMPTY,   /* nothing fits */
    WORLD_FILTER_REFUSED, /* 400 */
    WORLD_FILTER_TOTAL,   /* of all channels */
    WORLD_FILTER_COUNT,
} WorldFilter;

/* Whether a channel passes the filter of a request, where it has one. */
bool filter_fits(WorldFilter filter, const Request *request, const ChannelRow *row);
