/* SPDX-License-Identifier: MIT */
#include "daemon/service/metrics_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/file.h"
#include "daemon/base/file_put.h"
#include "daemon/base/log.h"
#include "daemon/web/metrics.h"

#define METRICS_FILE_MODE 0644
#define METRICS_FILE_LEAST_USEC USEC_PER_SEC

/* ---- aside ---- */

typedef struct MetricsWriting {
    char *path;
    Buf text;
    int result;
} MetricsWriting;

static void metrics_writing_free(void *context)
{
    MetricsWriting *writing = context;

    free(writing->path);
    buf_done(&writing->text);
    free(writing);
}

static int metrics_writing_put(MetricsWriting *writing)
{
    _cleanup_(file_closep) int directory = -1;
    char *name = strrchr(writing->path, '/');

    assert(name);
    aside_touch(writing->path);
    *name = '\0';
    directory = open(name == writing->path ? "/" : writing->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    *name = '/';
    return directory < 0 ? -errno
                         : file_put_fleeting(directory, name + 1, buf_text(&writing->text),
                                             writing->text.size, METRICS_FILE_MODE);
}

static void metrics_writing_run(void *context)
{
    MetricsWriting *writing = context;

    writing->result = metrics_writing_put(writing);
}

/* ---- telling ---- */

/* Once while it goes on. */
static void metrics_file_tell(MetricsFile *file, const char *path, int error)
{
    const char *why = error == -ETIMEDOUT ? "its file system does not answer" : strerror(-error);

    if (error == 0) {
        if (log_once_forget(&file->log_once, ""))
            log_event(LOG_LEVEL_NOTICE, NULL, "metrics_file: %s is written again", path);
        return;
    }
    if (log_once_is_new(&file->log_once, "", why))
        log_event(
            LOG_LEVEL_WARNING, NULL,
            "metrics_file: %s cannot be written: %s; node_exporter shows what was there before",
            path, why);
}

/* Whether nothing is being written any more. */
static bool metrics_file_take(MetricsFile *file, uint64_t wait_usec)
{
    MetricsWriting *writing;

    if (!file->writing)
        return true;
    if (!aside_wait(file->writing, wait_usec))
        return false;
    writing = aside_end(TAKE_PTR(file->writing));
    metrics_file_tell(file, writing->path, writing->result);
    metrics_writing_free(writing);
    return true;
}

/* ---- writing ---- */

static int metrics_file_begin(MetricsFile *file, const WebView *view, const char *path)
{
    static const AsideWork work = {metrics_writing_run, metrics_writing_free};
    MetricsWriting *writing = calloc(1, sizeof(*writing));

    if (!writing)
        return -ENOMEM;
    writing->path = strdup(path);
    metrics_append(view, &writing->text);
    if (!writing->path || buf_failed(&writing->text) < 0) {
        metrics_writing_free(writing);
        return -ENOMEM;
    }
    return aside_begin(&work, writing, &file->writing);
}

static void metrics_file_write(MetricsFile *file)
{
    const char *path;
    WebView view;
    int r = 0;

    file->view(file->userdata, &view);
    path = view.controller->config->metrics_file;
    if (!path)
        return;
    file->written_usec = clock_monotonic_usec();
    if (!metrics_file_take(file, 0))
        r = -ETIMEDOUT;
    else
        r = metrics_file_begin(file, &view, path);
    if (r < 0)
        metrics_file_tell(file, path, r);
    else
        metrics_file_take(file, ASIDE_WAIT_MORE_USEC);
}

static int metrics_file_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    MetricsFile *file = userdata;

    (void)source;
    (void)usec;
    sd_event_source_disable_unref(TAKE_PTR(file->timer));
    metrics_file_write(file);
    return 0;
}

void metrics_file_on_pass(MetricsFile *file)
{
    uint64_t now_usec = clock_monotonic_usec();
    uint64_t due_usec = file->written_usec + METRICS_FILE_LEAST_USEC;

    if (file->timer)
        return;
    if (file->written_usec == 0 || now_usec >= due_usec) {
        metrics_file_write(file);
        return;
    }
    if (sd_event_add_time(file->event, &file->timer, CLOCK_MONOTONIC, due_usec, USEC_PER_MSEC,
                          metrics_file_on_time, file) < 0)
        file->timer = NULL;
}

void metrics_file_init(MetricsFile *file, sd_event *event, MetricsFileView view,
                       const void *userdata)
{
    *file = (MetricsFile){.event = event, .view = view, .userdata = userdata};
}

void metrics_file_done(MetricsFile *file)
{
    sd_event_source_disable_unref(file->timer);
    aside_leavep(&file->writing);
    log_once_done(&file->log_once);
}
