/* SPDX-License-Identifier: MIT */
/*
 * Under what name the sightings of a member are counted. An extra has its id. What is missing has
 * none, and what is changed may be another row by the next list: they go by their identity, whose
 * name begins with a character that no id begins with.
 */
#pragma once

#include "reconcile/plan/plan.h"

#define SIGHTING_NAME_SIZE 48

/* Writes the name of a member that is to be added or (CHANGE_CORRECT) corrected. 0 or -ENOMEM. */
int sighting_name(ChangeKind kind, const void *identity, size_t identity_size,
                  char ret_name[static SIGHTING_NAME_SIZE]);

/* Told each name in turn; anything but 0 ends it. */
typedef int (*SightingVisit)(void *userdata, const char *name);

/* Names all members that the plan adds or corrects. 0, -ENOMEM, or what `visit` said. */
int sighting_visit_posts(const Plan *plan, SightingVisit visit, void *userdata);
