/* SPDX-License-Identifier: MIT */
/* What the fleet that a host belongs to says of one instance, beside what the state remembers of a
 * channel (rosterd(8), "Several hosts"). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CONDITION_SIZE 512

/* {0}: nothing holds, as where there is no fleet. */
typedef struct Conditions {
    char lease[CONDITION_SIZE];  /* why no change may begin now; "": one may */
    uint64_t handover_usec;      /* until what an owner before may have sent is over; 0: it is */
    char roster[CONDITION_SIZE]; /* how the rosters differ from the last owner's; "": they do not */
    bool needs_sightings;        /* that one did not hand it over: what is planned is seen twice */
    uint64_t token;              /* of the ownership: another one has another, none has 0 */
} Conditions;
