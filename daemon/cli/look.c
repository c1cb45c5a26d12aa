/* SPDX-License-Identifier: MIT */
#include "daemon/cli/look.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/cli/print.h"

/* How often a signal is looked for, and when files that do not answer are worth a line. */
#define LOOK_SLICE_USEC (20 * USEC_PER_MSEC)
#define LOOK_LATE_USEC (3 * USEC_PER_SEC)

/* What a job owns. */
typedef struct LookFiles {
    char *path; /* of the settings, to be loaded; NULL: looked at */
    bool only_still;
    RosterReadings read_before, read;
    Sources before; /* what is looked at */
    Sources now;
    Problems problems;
    Config *config;
    int result;
} LookFiles;

struct Look {
    Aside *aside;
};

static void look_files_free(void *context)
{
    LookFiles *files = context;

    sources_done(&files->before);
    sources_done(&files->now);
    roster_readings_done(&files->read_before);
    roster_readings_done(&files->read);
    problems_done(&files->problems);
    config_free(files->config);
    free(files->path);
    free(files);
}

static void look_files_run(void *context)
{
    LookFiles *files = context;

    if (files->path) {
        const LoadTerms terms = {.realtime_usec = clock_realtime_usec(),
                                 .before = &files->read_before,
                                 .only_still = files->only_still};

        files->result = config_load_again(files->path, &terms, &files->now, &files->read,
                                          &files->problems, &files->config);
    } else {
        files->result = sources_look(&files->before, &files->now);
    }
}

static int look_start(LookFiles *files, Look **ret_look)
{
    static const AsideWork work = {look_files_run, look_files_free};
    Look *look = calloc(1, sizeof(*look));
    int r;

    if (!look) {
        look_files_free(files);
        return -ENOMEM;
    }
    r = aside_begin(&work, files, &look->aside);
    if (r < 0) {
        free(look);
        return r;
    }
    *ret_look = look;
    return 0;
}

int look_begin(const Sources *before, Look **ret_look)
{
    LookFiles *files = calloc(1, sizeof(*files));

    assert(before->settings);
    if (!files)
        return -ENOMEM;
    if (sources_copy_names(before, &files->before) < 0) {
        look_files_free(files);
        return -ENOMEM;
    }
    return look_start(files, ret_look);
}

int look_begin_load(const char *path, const RosterReadings *before, bool only_still,
                    Look **ret_look)
{
    LookFiles *files = calloc(1, sizeof(*files));

    if (!files)
        return -ENOMEM;
    files->only_still = only_still;
    files->path = strdup(path);
    if (!files->path || (before && roster_readings_copy(before, &files->read_before) < 0)) {
        look_files_free(files);
        return -ENOMEM;
    }
    return look_start(files, ret_look);
}

bool look_wait(Look *look, uint64_t usec)
{
    return aside_wait(look->aside, usec);
}

void look_path(Look *look, char ret_path[static ASIDE_PATH_SIZE])
{
    aside_path(look->aside, ret_path);
}

int look_wait_patiently(Look *look)
{
    uint64_t begun_usec = clock_monotonic_usec();
    bool is_said = false;

    while (!look_wait(look, LOOK_SLICE_USEC)) {
        char path[ASIDE_PATH_SIZE];

        if (print_is_to_end())
            return -EINTR;
        if (is_said || clock_monotonic_usec() - begun_usec < LOOK_LATE_USEC)
            continue;
        is_said = true;
        look_path(look, path);
        log_event(LOG_LEVEL_WARNING, NULL, "%s does not answer: nothing is done before it does",
                  path);
    }
    return 0;
}

/* The job's files, of which the caller takes what it wants. */
static LookFiles *look_take(Look *look)
{
    LookFiles *files = aside_end(look->aside);

    free(look);
    return files;
}

int look_end(Look *look, Sources *ret_now)
{
    LookFiles *files = look_take(look);
    int r = files->result;

    *ret_now = files->now;
    files->now = (Sources){0};
    look_files_free(files);
    return r;
}

int look_end_load(Look *look, Sources *ret_sources, RosterReadings *ret_readings,
                  Problems *problems, Config **ret_config)
{
    LookFiles *files = look_take(look);
    int r = files->result;

    *ret_sources = files->now;
    files->now = (Sources){0};
    *ret_readings = files->read;
    files->read = (RosterReadings){0};
    *problems = files->problems;
    files->problems = (Problems){0};
    *ret_config = TAKE_PTR(files->config);
    look_files_free(files);
    return r;
}

void look_leave(Look *look)
{
    aside_leave(look->aside);
    free(look);
}
