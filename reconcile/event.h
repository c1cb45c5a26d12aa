/* SPDX-License-Identifier: MIT */
/* What becomes of changes, in words of the report and of the history, and what the log is told of a
 * pass. */
#pragma once

#include "config/config.h"
#include "daemon/base/err.h"

typedef enum Outcome {
    OUTCOME_PLANNED, /* not to be sent in this pass: dry run, observe, pause, window */
    OUTCOME_HELD,    /* a guard holds it */
    OUTCOME_SKIPPED, /* was not sent before the pass ended */
    OUTCOME_DELETED,
    OUTCOME_GONE, /* somebody else had deleted it */
    OUTCOME_ADDED,
    OUTCOME_CORRECTED,
    OUTCOME_QUARANTINED, /* of an extra: it is disabled, and to be deleted later */
    OUTCOME_DISABLED,    /* in the history: of one that was quarantined */
    OUTCOME_ENABLED,     /* likewise, of one that was enabled again */
    OUTCOME_FAILED,
    OUTCOME_LIVE,    /* of an undo: the member is as it was before, or is live again: left alone */
    OUTCOME_CHANGED, /* of an undo: somebody has changed the member since: left alone */
} Outcome;

typedef enum EventKind {
    EVENT_RETRY,         /* a request will be sent again after wait_usec */
    EVENT_DELETED,       /* outcome is DELETED or GONE */
    EVENT_DELETE_FAILED, /* for good, in this pass */
    EVENT_ADDED,         /* a member was added */
    EVENT_ADD_FAILED,
    EVENT_CORRECTED, /* fields of a member were given the values of the roster, or their old ones */
    EVENT_CORRECT_FAILED,
    EVENT_DISABLED, /* a member entered quarantine */
    EVENT_DISABLE_FAILED,
    EVENT_ENABLED, /* a member that rosterd had disabled is enabled again */
    EVENT_ENABLE_FAILED,
    EVENT_VANISHED, /* what an undo put back is gone again while its channel is paused */
    EVENT_HELD,     /* a guard refuses */
    EVENT_CHANNEL_FAILED,
    EVENT_INSTANCE_FAILED, /* nothing further is sent to it in this pass */
    EVENT_RENEWED,         /* the credential was renewed */
} EventKind;

typedef struct Event {
    EventKind kind;
    const RosterChannel *roster; /* whose channel it is about; NULL for the instance */
    const char *pass;
    bool is_undo; /* an undo did it */
    const char *instance_name;
    const char *channel_name; /* "" without one */
    const char *channel_id;   /* "" without one */
    const char *member;       /* for people: group, address, port; "" without one */
    const char *member_id;    /* "" without one */
    const char *digest;       /* "" without one */
    const char *members;      /* EVENT_HELD: those held, for people, not all where they are many */
    const char *topic;        /* of what lasts: that stays while its words change; NULL: they do */
    Outcome outcome;
    uint32_t attempt;
    uint64_t wait_usec;
    const Err *err; /* NULL without one */
} Event;
