/* SPDX-License-Identifier: MIT */
/* A roster's members beside a list, row by row. */
#pragma once

#include "reconcile/plan/diff.h"
#include "tests/world/world.h"

typedef struct DiffCase {
    RosterChannel roster;
    RosterMember wanted[8];
    Arena texts; /* of these, for whoever needs it */
    Desired desired;
    Diff diff;
    Err err;
} DiffCase;

/* Begins the list, of the channel "c1" with port 8080; the roster is complete. */
void diff_case_open(DiffCase *one, bool is_ecs);
void diff_case_close(DiffCase *one);

/* Takes a row; its texts may be left out. What diff_add_page() says. */
int diff_case_add(DiffCase *one, MemberRow row, MemberFields fields);
