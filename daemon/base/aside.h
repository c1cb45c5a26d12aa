/* SPDX-License-Identifier: MIT */
/*
 * DOC: files that may not answer
 *
 * A file system whose server is gone (NFS, CIFS, FUSE) holds whoever touches it, for as long as the
 * server is gone. The event loop must not be held: requests would wait, and a stop. What looks at
 * files that people name (rosters, secrets, authorities) is therefore done aside, on a thread of
 * its own, and waited for no longer than a bound. What has not come by then is left to its thread.
 *
 * A job owns all that it touches: it must not read what the loop may change or free meanwhile. It
 * tells by aside_touch() what it is about to touch, so that a line of the log can name what does
 * not answer. The log itself, and all that is waited for, belong to whoever began the job.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "daemon/base/secret.h"

/* How long the event loop waits for files that mostly answer at once. */
#define ASIDE_WAIT_USEC USEC_PER_SEC
/* And for each further one while some do not answer: there may be hundreds beside them. */
#define ASIDE_WAIT_MORE_USEC (50 * USEC_PER_MSEC)

typedef struct Aside Aside;

typedef struct AsideWork {
    void (*run)(void *context);
    void (*free)(void *context);
} AsideWork;

/* Begins a job, which owns `context` from now on. 0; -ENOMEM, and `context` was freed. Where no
 * thread can be had, the job is done at once, by the caller. */
int aside_begin(const AsideWork *work, void *context, Aside **ret_aside);

/* Waits for its end, no longer than this. Whether it is done. */
bool aside_wait(Aside *aside, uint64_t usec);

/* A job that is done: its context is the caller's again. */
void *aside_end(Aside *aside);

/* Lets go of a job, done or not: its context is freed when it ends. */
void aside_leave(Aside *aside);
DEFINE_CLEANUP(Aside, aside_leave)

/* Within a job: `path` is about to be touched. Elsewhere it is hang_touch(). */
void aside_touch(const char *path);

/* What a job has been touching last; "" for nothing yet. */
#define ASIDE_PATH_SIZE 512
void aside_path(Aside *aside, char ret_path[static ASIDE_PATH_SIZE]);

/* stat(2) aside: 0, a negative errno, or -ETIMEDOUT where it did not answer within
 * ASIDE_WAIT_USEC (ASIDE_WAIT_MORE_USEC), of which the log tells once; then at once, until it does
 * answer. */
int aside_stat(const char *path, struct stat *ret_status);

/* file_read_secret() and file_read_key() aside; -ETIMEDOUT likewise. */
int aside_read_secret(const char *path, Secret **ret_secret, Err *err);
int aside_read_key(const char *path, Secret **ret_key, Err *err);
