/* SPDX-License-Identifier: MIT */
#include "daemon/base/aside.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/digest.h"
#include "daemon/base/file.h"
#include "daemon/base/hang.h"
#include "daemon/base/log.h"
#include "daemon/base/registers.h"
#include "daemon/base/str.h"

struct Aside {
    AsideWork work;
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t on_done;
    bool is_done;
    bool is_left; /* nobody waits for it any more */
    char path[ASIDE_PATH_SIZE];
};

static _Thread_local Aside *aside_current;

static void aside_free(Aside *aside)
{
    if (aside->context)
        aside->work.free(aside->context);
    pthread_cond_destroy(&aside->on_done);
    pthread_mutex_destroy(&aside->lock);
    free(aside);
}

static void *aside_run(void *userdata)
{
    Aside *aside = userdata;
    bool is_left;

    /* It began with those of whoever made it, and one that is held keeps them. */
    registers_clear();
    aside_current = aside;
    aside->work.run(aside->context);
    aside_current = NULL;
    /* Before anybody learns that it is done: the program may end then. */
    digest_end_thread();
    pthread_mutex_lock(&aside->lock);
    aside->is_done = true;
    is_left = aside->is_left;
    pthread_cond_signal(&aside->on_done);
    pthread_mutex_unlock(&aside->lock);
    if (is_left)
        aside_free(aside);
    return NULL;
}

/* Signals are the event loop's. */
static int aside_start(Aside *aside)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    int error = pthread_attr_init(&attributes);

    if (error != 0)
        return -error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, aside_run, aside);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -error;
}

int aside_begin(const AsideWork *work, void *context, Aside **ret_aside)
{
    Aside *aside = calloc(1, sizeof(*aside));
    pthread_condattr_t attributes;

    if (!aside) {
        work->free(context);
        return -ENOMEM;
    }
    aside->work = *work;
    aside->context = context;
    pthread_mutex_init(&aside->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&aside->on_done, &attributes);
    pthread_condattr_destroy(&attributes);
    if (aside_start(aside) < 0)
        aside_run(aside);
    *ret_aside = aside;
    return 0;
}

bool aside_wait(Aside *aside, uint64_t usec)
{
    uint64_t end_usec = clock_monotonic_usec() + usec;
    const struct timespec end = {
        .tv_sec = (time_t)(end_usec / USEC_PER_SEC),
        .tv_nsec = (long)(end_usec % USEC_PER_SEC * 1000),
    };
    bool is_done;
    int error = 0;

    pthread_mutex_lock(&aside->lock);
    assert(!aside->is_left);
    while (!aside->is_done && error == 0)
        error = pthread_cond_timedwait(&aside->on_done, &aside->lock, &end);
    is_done = aside->is_done;
    pthread_mutex_unlock(&aside->lock);
    return is_done;
}

void *aside_end(Aside *aside)
{
    void *context;

    /* The thread has let go of the lock once it can be had, and touches nothing afterwards. */
    pthread_mutex_lock(&aside->lock);
    assert(aside->is_done && !aside->is_left);
    context = TAKE_PTR(aside->context);
    pthread_mutex_unlock(&aside->lock);
    aside_free(aside);
    return context;
}

void aside_leave(Aside *aside)
{
    bool is_done;

    pthread_mutex_lock(&aside->lock);
    assert(!aside->is_left);
    aside->is_left = true;
    is_done = aside->is_done;
    pthread_mutex_unlock(&aside->lock);
    if (is_done)
        aside_free(aside);
}

void aside_touch(const char *path)
{
    Aside *aside = aside_current;

    if (!aside) {
        hang_touch(path);
        return;
    }
    pthread_mutex_lock(&aside->lock);
    str_copy(aside->path, sizeof(aside->path), path);
    pthread_mutex_unlock(&aside->lock);
}

void aside_path(Aside *aside, char ret_path[static ASIDE_PATH_SIZE])
{
    pthread_mutex_lock(&aside->lock);
    str_copy(ret_path, ASIDE_PATH_SIZE, aside->path);
    pthread_mutex_unlock(&aside->lock);
}

/* ---- one file ---- */

typedef int (*FileReader)(const char *path, Secret **ret_secret, Err *err);

typedef struct AsideFile {
    char *path;
    FileReader reader; /* it is read; NULL: it is looked at */
    struct stat status;
    Secret *secret;
    Err err;
    int result;
} AsideFile;

/* Files that did not answer: aside asks none of them a second time meanwhile. */
typedef struct AsideLate {
    struct AsideLate *next;
    Aside *aside;
    char *path;
} AsideLate;

static AsideLate *aside_late;

static void aside_file_free(void *context)
{
    AsideFile *file = context;

    secret_free(file->secret);
    free(file->path);
    free(file);
}

static void aside_file_run(void *context)
{
    AsideFile *file = context;

    if (file->reader)
        file->result = file->reader(file->path, &file->secret, &file->err);
    else
        file->result = stat(file->path, &file->status) < 0 ? -errno : 0;
}

static void aside_late_free(AsideLate *late)
{
    aside_leave(late->aside);
    free(late->path);
    free(late);
}

/* Whether the file has not answered yet to the one who asked before. */
static bool aside_is_late(const char *path)
{
    bool is_late = false;

    for (AsideLate **at = &aside_late; *at;) {
        AsideLate *late = *at;

        if (aside_wait(late->aside, 0)) {
            *at = late->next;
            log_event(LOG_LEVEL_NOTICE, NULL, "%s answers again", late->path);
            aside_late_free(late);
            continue;
        }
        is_late = is_late || str_equal(late->path, path);
        at = &late->next;
    }
    return is_late;
}

static void aside_keep_late(Aside *aside, const char *path)
{
    AsideLate *late = calloc(1, sizeof(*late));

    log_event(LOG_LEVEL_WARNING, NULL,
              "%s does not answer: what was read of it before stays in use until it does", path);
    if (late)
        *late = (AsideLate){aside_late, aside, strdup(path)};
    if (!late || !late->path) {
        free(late);
        aside_leave(aside);
        return;
    }
    aside_late = late;
}

/* 0 with the file as it was found; -ETIMEDOUT; -ENOMEM. */
static int aside_file(const char *path, FileReader reader, AsideFile **ret_file)
{
    static const AsideWork work = {aside_file_run, aside_file_free};
    AsideFile *file;
    Aside *aside;
    int r;

    if (aside_is_late(path))
        return -ETIMEDOUT;
    file = calloc(1, sizeof(*file));
    if (!file)
        return -ENOMEM;
    file->reader = reader;
    file->path = strdup(path);
    if (!file->path) {
        free(file);
        return -ENOMEM;
    }
    r = aside_begin(&work, file, &aside);
    if (r < 0)
        return r;
    if (!aside_wait(aside, aside_late ? ASIDE_WAIT_MORE_USEC : ASIDE_WAIT_USEC)) {
        aside_keep_late(aside, path);
        return -ETIMEDOUT;
    }
    *ret_file = aside_end(aside);
    return 0;
}

int aside_stat(const char *path, struct stat *ret_status)
{
    AsideFile *file;
    int r = aside_file(path, NULL, &file);

    if (r < 0)
        return r;
    r = file->result;
    if (r == 0)
        *ret_status = file->status;
    aside_file_free(file);
    return r;
}

static int aside_read(const char *path, FileReader reader, Secret **ret_secret, Err *err)
{
    AsideFile *file;
    int r = aside_file(path, reader, &file);

    if (r == -ENOMEM)
        return err_memory(err);
    if (r < 0)
        return err_set(err, r, "%s: does not answer", path);
    r = file->result;
    if (r < 0 && err)
        *err = file->err;
    if (r >= 0)
        *ret_secret = TAKE_PTR(file->secret);
    aside_file_free(file);
    return r;
}

int aside_read_secret(const char *path, Secret **ret_secret, Err *err)
{
    return aside_read(path, file_read_secret, ret_secret, err);
}

int aside_read_key(const char *path, Secret **ret_key, Err *err)
{
    return aside_read(path, file_read_key, ret_key, err);
}
