/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/request.h"

/* What a member can be changed to; the rest of it is its address. */
typedef struct Target {
    int weight;
    int status;
    bool is_backup;
    const char *ecs_name; /* borrowed; NULL: none */
} Target;

/* Changes of one member, by a request or (NULL) by people: entered among the effects, and late in
 * lists as the instance's settings say for requests. */

Target change_target(const Member *m);
bool change_is_none(const Member *m, const Target *target);
void change_update(Request *r, Channel *c, Member *m, const Target *target);
void change_switch(Request *r, Channel *c, Member *m, int status);

/* Takes the member. */
void change_add(Request *r, Channel *c, Member *m);

/* Frees the member, at once or in time. */
void change_remove(Request *r, Channel *c, Member *m);

/* The group's weight, if it has one, becomes its members'. */
void change_weigh_group(Request *r, Channel *c, const Group *g);
