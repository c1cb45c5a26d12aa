/* SPDX-License-Identifier: MIT */
/* What there is to say and to send of each kind of change. */
#pragma once

#include "reconcile/channel/channel.h"

typedef struct KindRow {
    RequestKind request;
    const char *doing; /* for messages: "deleting a member" */
    const char *noun;  /* "deletion" */
    Outcome success;   /* in a report */
    Outcome recorded;  /* likewise, in the history and the log */
    EventKind done;    /* it succeeded */
    EventKind failed;
    bool is_switch; /* a member is disabled or enabled */
} KindRow;

/* The row of a kind. */
const KindRow *kinds_row(ChangeKind kind);
