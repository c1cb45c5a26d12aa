/* SPDX-License-Identifier: MIT */
/* One request that should have its answer: sent, and sent again as classify and the retry policy
 * say, until it is done, or fails, or the pass stops it. dispatch.h sends calls. */
#pragma once

#include "reconcile/ops.h"

typedef enum CallEnd {
    CALL_DONE,      /* as asked; the answer has what came */
    CALL_UNCERTAIN, /* a change: a success that is not the one promised; a list tells */
    CALL_ODD,       /* a read's answer that cannot be believed; the answer says why */
    CALL_GONE,      /* a deletion: the member does not exist */
    CALL_FAILED,    /* for good, or after all its attempts: this request alone */
    CALL_CHANNEL,   /* for good: nothing more may be sent to its channel */
    CALL_INSTANCE,  /* for good: nothing more may be sent to its instance */
    CALL_WITHHELD,  /* a change: no lease outlives it (rosterd(8), "Several hosts"); was_ambiguous:
                       an earlier send */
    CALL_STOPPED,   /* the pass ended or its owner withdrew it; was_ambiguous: an earlier send */
} CallEnd;

typedef struct Call Call;

/* Which answer it was, as an Err has it. */
typedef struct CallAnswer {
    int http;
    char code[32];
    char request_id[72];
} CallAnswer;

/* `answer` is the last one, NULL when there is none to this call's name; `err` is set unless the
 * end is DONE or GONE. Both are borrowed for the time of the callback. */
typedef void (*CallOnEnd)(Call *call, CallEnd end, const Answer *answer, const Err *err);

/* Whether a change may be sent at this moment; asked before each send. False: `why` is set, and the
 * call ends with CALL_STOPPED. */
typedef bool (*CallMaySend)(Call *call, Err *why);

struct Call {
    Request request;          /* its strings live as long as the call is under way */
    const char *doing;        /* for messages: "reading the members" */
    const char *channel_name; /* for people; NULL: the roster's, or none */
    const char *member;       /* likewise: what it changes; NULL: nothing */
    CallOnEnd on_end;
    CallMaySend may_send; /* NULL: it may */
    void *owner;
    bool is_bound;      /* completes a change that was sent: a stopped pass sends it too, until it
                           is abandoned */
    bool is_probe;      /* of an instance that failed: one attempt is enough */
    uint32_t attempts;  /* sends so far */
    bool was_ambiguous; /* some send may have had its effect */
    bool was_unheard;   /* no answer said what became of some send */
    bool was_refused;   /* for its credential */
    bool was_replayed;  /* sent again after a renewal */
    bool was_withheld;  /* not sent for want of a credential */
    bool had_trouble;   /* some attempt did not bring what was asked, since its owner made it */
    bool is_in_flight;
    bool is_withdrawn;   /* while in flight: not to be sent again */
    uint64_t generation; /* of the credential it was last sent with */
    uint64_t due_usec;   /* while it waits */
    CallAnswer last;     /* that came; {0} before the first, and of one without an error */
    Call *next;          /* in one of dispatch's queues */
};
