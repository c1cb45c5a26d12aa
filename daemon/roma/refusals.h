/*
 * Passwords that IAM refused: five wrong ones lock the user (API.md section 5), so that one is sent
 * once, by this run and by those after it, until its file changes.
 */
#pragma once

#include "config/config.h"
#include "daemon/base/buf.h"
#include "daemon/base/refusal.h"
#include "daemon/base/secret.h"

typedef struct Refusals {
    const RefusalMemory *memory;  /* borrowed */
    Buf subject;                  /* who logs in, and where */
    char mark[REFUSAL_MARK_SIZE]; /* of the file that the password at hand was read from */
    Secret *password;             /* the one that IAM does not accept; NULL: none */
    uint64_t locked_until_usec;   /* monotonic */
    Err said;                     /* what IAM said to it */
} Refusals;

/* 0 or -ENOMEM; refusals_done() in both cases. `memory` is borrowed and outlives it. */
int refusals_init(Refusals *refusals, const Auth *auth, const RefusalMemory *memory);
void refusals_done(Refusals *refusals);

/* To be called before the password's file is read. */
void refusals_note_file(Refusals *refusals, const char *path);

/* Whether the password may be sent: 0, or -EACCES with what IAM said to it before. */
int refusals_check(Refusals *refusals, const Secret *password, Err *err);

/* IAM has refused it. Returns what is to be told: IAM's words, and what follows from them. */
const Err *refusals_add(Refusals *refusals, const Secret *password, const Err *said);

/* After a reload: what the one before knew of the same user. */
void refusals_take_over(Refusals *refusals, Refusals *old);
