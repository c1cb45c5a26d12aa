/* SPDX-License-Identifier: MIT */
#include "daemon/base/hang.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/registers.h"
#include "daemon/base/str.h"

#define HANG_LOOK_USEC (HANG_USEC / 4)

static pthread_mutex_t hang_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t hang_on_enter;

static struct {
    HangMode mode;
    int exit_status;
    bool has_thread;
    bool is_asleep;   /* the thread: until something is entered */
    const char *path; /* NULL: nothing is entered */
    uint64_t since_usec;
    uint64_t serial; /* of all that was entered and left */
    bool is_told;
    char touched[512];
} hang;

/* The lock is let go of meanwhile: the log may take its time. */
static void hang_tell(void)
{
    char *path = strdup(hang.path);
    HangMode mode = hang.mode;
    int exit_status = hang.exit_status;

    hang.is_told = true;
    pthread_mutex_unlock(&hang_lock);
    log_event(LOG_LEVEL_ERR, NULL, "%s does not answer for %d s: %s", path ? path : "a file",
              (int)(HANG_USEC / USEC_PER_SEC),
              mode == HANG_ENDS ? "its file system may be gone"
                                : "nothing is done before it does, and a watchdog is not fed");
    if (mode == HANG_ENDS)
        _exit(exit_status);
    free(path);
    pthread_mutex_lock(&hang_lock);
}

/* Once something was entered, it looks now and then; when nothing was since its last look, it
 * sleeps. */
static void hang_look(uint64_t *seen)
{
    uint64_t now_usec = clock_monotonic_usec(), until_usec = now_usec + HANG_LOOK_USEC;
    const struct timespec until = {
        .tv_sec = (time_t)(until_usec / USEC_PER_SEC),
        .tv_nsec = (long)(until_usec % USEC_PER_SEC * 1000),
    };

    if (hang.path && !hang.is_told && now_usec >= hang.since_usec + HANG_USEC)
        hang_tell();
    hang.is_asleep = !hang.path && hang.serial == *seen;
    *seen = hang.serial;
    while (hang.is_asleep)
        pthread_cond_wait(&hang_on_enter, &hang_lock);
    pthread_cond_timedwait(&hang_on_enter, &hang_lock, &until);
}

static void *hang_run(void *userdata)
{
    uint64_t seen = 0;

    (void)userdata;
    /* It began with those of the thread that made it, and its own would be in a core dump. */
    registers_clear();
    pthread_mutex_lock(&hang_lock);
    for (;;)
        hang_look(&seen);
    return NULL;
}

/* Without a thread nothing is told. Signals are the event loop's. */
static void hang_start(void)
{
    pthread_condattr_t attributes;
    sigset_t all, before;
    pthread_t thread;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&hang_on_enter, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, hang_run, NULL) == 0)
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    hang.has_thread = true;
}

void hang_watch(HangMode mode, int exit_status)
{
    pthread_mutex_lock(&hang_lock);
    hang.mode = mode;
    hang.exit_status = exit_status;
    pthread_mutex_unlock(&hang_lock);
}

static void hang_move(const char *path)
{
    _cleanup_free_ char *told = NULL;
    bool was_told;

    pthread_mutex_lock(&hang_lock);
    was_told = hang.is_told;
    if (was_told && hang.path)
        told = strdup(hang.path);
    hang.path = path;
    hang.since_usec = clock_monotonic_usec();
    hang.serial++;
    hang.is_told = false;
    if (path && hang.is_asleep) {
        hang.is_asleep = false;
        pthread_cond_signal(&hang_on_enter);
    }
    pthread_mutex_unlock(&hang_lock);
    if (was_told)
        log_event(LOG_LEVEL_NOTICE, NULL, "%s answers again", told ? told : "a file");
}

void hang_touch(const char *path)
{
    if (!hang.path)
        return;
    pthread_mutex_lock(&hang_lock);
    str_copy(hang.touched, sizeof(hang.touched), path);
    pthread_mutex_unlock(&hang_lock);
    hang_move(hang.touched);
}

/* Only this thread writes what it reads here. */
Hang hang_enter(const char *path)
{
    const Hang before = {.path = hang.path, .was_entered = hang.mode != HANG_UNWATCHED};

    if (!before.was_entered)
        return before;
    if (!hang.has_thread)
        hang_start();
    hang_move(path);
    return before;
}

void hang_leave(Hang *before)
{
    if (before->was_entered)
        hang_move(before->path);
}
