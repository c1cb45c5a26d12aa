/* SPDX-License-Identifier: MIT */
/* The keys below `guards:`, in settings and in rosters: one for each row of the guards that has
 * one.
 */
#pragma once

#include "config/guards.h"
#include "config/schema/schema.h"

/* Reads into Guards; the fallbacks are the defaults of the settings. */
extern const Schema guard_keys_schema;
