/* SPDX-License-Identifier: MIT */
/* A member of the imaginary service. Part of world.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reconcile/ops.h"

/* What the imaginary state and the judge know of its quarantine (quarantine.h). */
typedef struct WorldEntry {
    size_t disabled_by,
        enabled_by;        /* the number of the last action that did so, or is to; 0: none */
    size_t freed_at;       /* actions up to that one keep it in quarantine no more */
    size_t entered_at;     /* likewise: it entered disabled, after these */
    uint64_t entered_usec; /* then; 0: it did not */
    uint64_t entered_span_usec;
    bool may_be_ours;       /* rosterd has sent that it be disabled, and has not seen it enabled */
    uint64_t switched_usec; /* when it did */
} WorldEntry;

typedef struct WorldMember {
    size_t number; /* among all members that ever were */
    char id[16];
    const char *host; /* as the service writes it */
    const char *canonical;
    const char *ecs_id;
    const char *group;
    uint16_t port;
    uint8_t status;
    int32_t weight; /* OPS_WEIGHT_NONE: the service does not tell it */
    bool is_backup;
    MemberFields shown; /* as the first page of the last list that had it said */
    bool exists;
    uint64_t listed_until_usec; /* removed, but listed until then */
    uint64_t shown_in;          /* the channel's list_serial that showed it to a pass */
    uint64_t first_shown_usec;  /* when the first list did */
    uint32_t deleted_in;        /* the pass whose request removed it; 0: none did */
    uint64_t listed_from_usec;  /* added, but not listed until then */
    uint32_t restored_in;       /* the undo that added it or wrote over it; 0: none did */
    uint32_t added_in;          /* likewise, the pass */
    uint32_t late_in; /* the pass in which it was last written by what nobody awaits; 0: not so */
    bool was_lied_about;  /* the service said that it was gone */
    uint64_t streak;      /* whole lists in a row, one a pass, that showed it as an extra */
    uint64_t streak_list; /* the channel's whole_lists at the last of them */
    WorldEntry entry;     /* into quarantine */
} WorldMember;
