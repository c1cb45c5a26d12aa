/* SPDX-License-Identifier: MIT */
/*
 * Passwords that IAM refused: five wrong ones lock the user (API.md section 5), so that one is sent
 * once, by this run and by those after it, until its file changes.
 */
#pragma once

#include "config/config.h"
#include "daemon/base/buf.h"
#include "daemon/base/lockout_store.h"
#include "daemon/base/secret.h"

typedef struct Lockouts {
    const LockoutStore *kept_in;  /* borrowed */
    Buf subject;                  /* who logs in, and where */
    char mark[LOCKOUT_MARK_SIZE]; /* of the file that the password at hand was read from */
    Secret *password;             /* the one that IAM does not accept; NULL: none */
    uint64_t locked_until_usec;   /* monotonic */
    Err said;                     /* what IAM said to it */
} Lockouts;

/* 0 or -ENOMEM; lockout_done() in both cases. `kept_in` is borrowed and outlives it. */
int lockout_init(Lockouts *lockouts, const Auth *auth, const LockoutStore *kept_in);
void lockout_done(Lockouts *lockouts);

/* To be called before the password's file is read. */
void lockout_note_file(Lockouts *lockouts, const char *path);

/* Whether the password may be sent: 0, or -EACCES with what IAM said to it before. */
int lockout_check(Lockouts *lockouts, const Secret *password, Err *err);

/* IAM has refused it. Returns what is to be told: IAM's words, and what follows from them. */
const Err *lockout_add(Lockouts *lockouts, const Secret *password, const Err *said);

/* After a reload: what the one before knew of the same user. */
void lockout_take_over(Lockouts *lockouts, Lockouts *old);
