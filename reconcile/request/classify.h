/* SPDX-License-Identifier: MIT */
/* What an answer means: API.md section 3 as one table, by error_code first and status second. */
#pragma once

#include "reconcile/ops.h"

typedef enum Verdict {
    VERDICT_DONE,       /* as asked: 200 to a read, 204 to a deletion, 201 to an addition */
    VERDICT_UNCERTAIN,  /* another success than the one promised to a change: a list tells */
    VERDICT_ODD,        /* a read's 200 that cannot be believed */
    VERDICT_GONE,       /* the member does not exist (404 with 3024) */
    VERDICT_RETRY,      /* send the same again after a delay */
    VERDICT_RETRY_SLOW, /* likewise over the longer base of throttling */
    VERDICT_THROTTLE,   /* likewise, and nothing to this instance meanwhile */
    VERDICT_RENEW,      /* the credential is refused: renew it, send again once */
    VERDICT_PERMANENT,  /* this request fails */
    VERDICT_WITHHELD,   /* it was not sent, for the lease: nor is it sent again now */
    VERDICT_CHANNEL,    /* and nothing more is sent to its channel in this pass */
    VERDICT_INSTANCE,   /* nor to its instance */
} Verdict;

Verdict classify(RequestKind kind, const Answer *answer);

/* Whether the table has this error_code. */
bool classify_knows(const char *code);

/* Whether the same is to be sent again, unless it was sent often enough. */
bool classify_sends_again(Verdict verdict);

/* Whether a request with this answer may have had its effect all the same: a timeout, a lost
 * connection, a 5xx, a 408, or a success that is not the one promised (API.md section 3.4). */
bool classify_is_ambiguous(const Answer *answer);

/* Whether it is no word of the service's own: none came, or a gateway gave up waiting for one. */
bool classify_is_unheard(const Answer *answer);

/* Whether the service has locked the access key after refused signatures (API.md section 3.2, code
 * 0301, section 5): each further request would be refused, and may prolong the lock. */
bool classify_is_lockout(const Answer *answer);

/* Whether the channel holds as many members as it may (API.md section 3.2, code 3110). */
bool classify_is_full(const Answer *answer);

/* Puts the answer's status, code and id into an error, and no text. */
void classify_name(const Answer *answer, Err *err);

/* The answer as an error for people and reports. `doing` says what failed: "reading the members".
 */
void classify_explain(const Answer *answer, const char *doing, Err *ret_err);

/* Adds to the error of that answer what a person can do about it, where the answer points at the
 * settings and there is room. */
void classify_advise(const Instance *instance, RequestKind kind, Verdict verdict,
                     const Answer *answer, Err *err);
