/* SPDX-License-Identifier: MIT */
/* Which members of an instance may be deleted: those whose deletion is recorded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/arena.h"
#include "daemon/base/map.h"

/* Starts as {0}. */
typedef struct Permits {
    Map members;
    Arena keys;
} Permits;

void permits_done(Permits *permits);

/* 0, -EINVAL for what is no id (str_is_id()), -ENOMEM. */
int permits_add(Permits *permits, const char *channel_id, const char *member_id);

bool permits_has(const Permits *permits, const char *channel_id, const char *member_id);

/* Forgets all. */
void permits_clear(Permits *permits);
