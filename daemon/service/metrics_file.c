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
#define METRICS_FILE_PART_SIZE (64U * 1024U) /* bytes of it, about, that one turn makes */

/* ---- aside ---- */

struct MetricsWriting {
    char *path;
    Buf text;
    int result;
};

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

/* ---- making it, a part a turn, and writing it ---- */

/* NULL: the settings name none. */
static const char *metrics_file_view(const MetricsFile *file, WebView *ret_view)
{
    file->view(file->userdata, ret_view);
    return ret_view->controller->config->metrics_file;
}

void metrics_file_drop(MetricsFile *file)
{
    sd_event_source_disable_unref(TAKE_PTR(file->step));
    metrics_free(TAKE_PTR(file->metrics));
    if (file->made)
        metrics_writing_free(TAKE_PTR(file->made));
}

static void metrics_file_fail(MetricsFile *file, int error)
{
    WebView view;
    const char *path = metrics_file_view(file, &view);

    metrics_file_drop(file);
    if (path)
        metrics_file_tell(file, path, error);
}

/* 1 once it is whole; 0; -ENOMEM. */
static int metrics_file_make_part(MetricsFile *file)
{
    Buf *text = &file->made->text;
    WebView view;
    bool is_whole;

    if (!file->metrics) {
        file->view(file->userdata, &view);
        file->metrics = metrics_new(&view);
        return file->metrics ? 0 : -ENOMEM;
    }
    is_whole = metrics_append_part(file->metrics, text->size + METRICS_FILE_PART_SIZE, text);
    return buf_failed(text) < 0 ? -ENOMEM : is_whole;
}

static int metrics_file_on_step(sd_event_source *source, void *userdata)
{
    static const AsideWork work = {metrics_writing_run, metrics_writing_free};
    MetricsFile *file = userdata;
    int whole = metrics_file_make_part(file), r = whole;

    if (whole == 0)
        r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    else if (whole > 0)
        r = aside_begin(&work, TAKE_PTR(file->made), &file->writing);
    if (r < 0) {
        metrics_file_fail(file, r);
    } else if (whole > 0) {
        metrics_file_drop(file);
        metrics_file_take(file, ASIDE_WAIT_MORE_USEC);
    }
    return 0;
}

static int metrics_file_begin(MetricsFile *file, const char *path)
{
    file->made = calloc(1, sizeof(*file->made));
    if (!file->made)
        return -ENOMEM;
    file->made->path = strdup(path);
    if (!file->made->path)
        return -ENOMEM;
    return sd_event_add_defer(file->event, &file->step, metrics_file_on_step, file);
}

static void metrics_file_write(MetricsFile *file)
{
    WebView view;
    const char *path = metrics_file_view(file, &view);
    int r;

    if (!path)
        return;
    file->written_usec = clock_monotonic_usec();
    r = metrics_file_take(file, 0) ? metrics_file_begin(file, path) : -ETIMEDOUT;
    if (r < 0)
        metrics_file_fail(file, r);
}

static int metrics_file_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    MetricsFile *file = userdata;

    (void)source;
    (void)usec;
    sd_event_source_disable_unref(TAKE_PTR(file->timer));
    metrics_file_on_pass(file);
    return 0;
}

void metrics_file_on_pass(MetricsFile *file)
{
    uint64_t now_usec = clock_monotonic_usec();
    uint64_t due_usec = file->written_usec + METRICS_FILE_LEAST_USEC;

    if (file->timer)
        return;
    if (!file->made && (file->written_usec == 0 || now_usec >= due_usec)) {
        metrics_file_write(file);
        return;
    }
    /* While one is being made, the next begins a second later. */
    if (file->made)
        due_usec = now_usec + METRICS_FILE_LEAST_USEC;
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
    metrics_file_drop(file);
    sd_event_source_disable_unref(file->timer);
    aside_leavep(&file->writing);
    log_once_done(&file->log_once);
}
