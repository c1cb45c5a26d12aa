/* SPDX-License-Identifier: MIT */
/* What became of an intent: what an owner among several hosts makes known before it changes a
 * channel (rosterd(8), "Several hosts"). Nothing of this happens to a host by itself. */
#pragma once

#include "daemon/base/err.h"
#include "reconcile/channel_record.h"

typedef enum IntentEnd {
    INTENT_TAKEN,         /* it is known: its changes may be recorded and sent */
    INTENT_PAUSED,        /* a pause holds that this host had not heard of */
    INTENT_APPROVAL_GONE, /* the approval that it goes by was spent or taken back elsewhere */
    INTENT_LOST,          /* the instance is not this host's any more */
    INTENT_UNANSWERED,    /* whether it is known cannot be told */
} IntentEnd;

typedef struct IntentAnswer {
    IntentEnd end;
    const char *pause_reason; /* INTENT_PAUSED; borrowed for the call, as all of it */
    uint64_t pause_end_usec;  /* likewise: realtime; 0: no end */
    PauseScope pause_scope;   /* likewise */
    const Err *err;           /* INTENT_LOST, INTENT_UNANSWERED: why */
} IntentAnswer;
