/* Extras with the address of a missing member: most often a slip in the roster, of a group left out
 * or a port, and not somebody's addition. */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/base/map.h"
#include "reconcile/report/report.h"

typedef struct Twins {
    Map map; /* to ExtraReport */
    Arena keys;
} Twins;

typedef enum TwinKind {
    TWIN_OTHER_GROUP, /* the port is the same */
    TWIN_OTHER_PORT,  /* the group is the same */
    TWIN_OTHER_BOTH,
} TwinKind;

/* Collects a channel's extras, where it has missing members; they are borrowed. Without memory
 * there are none: what is said of them is a hint. `twins` is zero before. */
void twins_collect(Twins *twins, const ChannelReport *report);
void twins_done(Twins *twins);

/* The extra that is nearest to a missing member, or NULL; `ret_kind` says wherein they differ. */
const ExtraReport *twins_find(const Twins *twins, const MissingReport *missing, TwinKind *ret_kind);
