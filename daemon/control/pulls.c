/* SPDX-License-Identifier: MIT */
#include "daemon/control/pulls.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/file.h"
#include "daemon/base/str.h"
#include "daemon/json/json_writer.h"

#define PULLS_FILE_SIZE_MAX 4096U

/* The value of `key` in lines of KEY=VALUE; "" where there is none. Another user writes the file:
 * nothing but printable characters comes out of it. */
static void pulls_value(const char *text, const char *key, char *ret_value, size_t size)
{
    size_t key_size = strlen(key);

    ret_value[0] = '\0';
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, key_size) != 0 || line[key_size] != '=')
            continue;
        snprintf(ret_value, size, "%.*s", (int)strcspn(line + key_size + 1, "\n"),
                 line + key_size + 1);
        for (char *c = ret_value; *c; c++)
            *c = *c >= ' ' && *c <= '~' ? *c : '?';
        return;
    }
}

static void pulls_put_one(JsonWriter *writer, const char *clone, const char *text)
{
    char result[16], commit[128], success[64], failure[64], message[512];

    pulls_value(text, "result", result, sizeof(result));
    pulls_value(text, "commit", commit, sizeof(commit));
    pulls_value(text, "success", success, sizeof(success));
    pulls_value(text, "failure", failure, sizeof(failure));
    pulls_value(text, "message", message, sizeof(message));
    json_open_object(writer, NULL);
    json_put_text(writer, "clone", clone);
    json_put_text(writer, "commit", commit);
    json_put_text(writer, "success", success);
    json_put_text(writer, "failure", failure);
    json_put_text(writer, "message", message);
    json_put_bool(writer, "is_failing", !str_equal(result, "success"));
    json_close_object(writer);
}

/* Finds the clone that a directory stands in: the nearest above it that has a status beside it.
 * Cuts `path` to it. */
static bool pulls_find(char path[static PATH_MAX], Buf *text)
{
    for (char *slash = strrchr(path, '/'); slash && slash > path; slash = strrchr(path, '/')) {
        char status[PATH_MAX];

        if (snprintf(status, sizeof(status), "%.*s/.state%s/status", (int)(slash - path), path,
                     slash) < (int)sizeof(status) &&
            file_read(status, PULLS_FILE_SIZE_MAX, text, NULL) == 0)
            return true;
        *slash = '\0';
    }
    return false;
}

/* ---- looking for them, aside ---- */

typedef struct Pull {
    char *clone;
    Buf text; /* of its status */
} Pull;

typedef struct PullsJob {
    char **files; /* rosters */
    size_t file_count, file_capacity;
    Pull *pulls;
    size_t pull_count, pull_capacity;
} PullsJob;

static void pulls_job_free(void *context)
{
    PullsJob *job = context;

    for (size_t i = 0; i < job->file_count; i++)
        free(job->files[i]);
    for (size_t i = 0; i < job->pull_count; i++) {
        free(job->pulls[i].clone);
        buf_done(&job->pulls[i].text);
    }
    free(job->files);
    free(job->pulls);
    free(job);
}

/* Roster files of one directory stand one after the other. */
static bool pulls_is_new(char before[static PATH_MAX], const char *directory)
{
    bool is_new = !str_equal(before, directory);

    str_copy(before, PATH_MAX, directory);
    return is_new;
}

/* What there is no memory for is left out. */
static void pulls_keep(PullsJob *job, const char *clone, Buf *text)
{
    char *copy = strdup(clone);

    if (!copy ||
        mem_grow(&job->pulls, &job->pull_capacity, job->pull_count + 1, sizeof(*job->pulls)) < 0) {
        free(copy);
        return;
    }
    job->pulls[job->pull_count++] = (Pull){copy, *text};
    *text = (Buf){0};
}

static void pulls_job_run(void *context)
{
    PullsJob *job = context;
    char before[PATH_MAX] = "", told[PATH_MAX] = "";

    for (size_t i = 0; i < job->file_count; i++) {
        _cleanup_(buf_done) Buf text = {0};
        char path[PATH_MAX];
        char *slash;

        aside_touch(job->files[i]);
        if (!realpath(job->files[i], path))
            continue;
        slash = strrchr(path, '/');
        *slash = '\0';
        if (!pulls_is_new(before, path) || !pulls_find(path, &text) || text.size == 0)
            continue;
        if (pulls_is_new(told, path))
            pulls_keep(job, path, &text);
    }
}

/* The files of the rosters in force, each once where its channels stand together. */
static int pulls_add_files(PullsJob *job, const Config *config)
{
    for (size_t i = 0; i < config->channel_count; i++) {
        const char *file = config->channels[i].file;

        if (i > 0 && str_equal(file, config->channels[i - 1].file))
            continue;
        if (mem_grow(&job->files, &job->file_capacity, job->file_count + 1, sizeof(*job->files)) <
            0)
            return -ENOMEM;
        job->files[job->file_count] = strdup(file);
        if (!job->files[job->file_count])
            return -ENOMEM;
        job->file_count++;
    }
    return 0;
}

/* NULL: without memory, or nothing is known. */
static PullsJob *pulls_look(const Config *config, Aside **late)
{
    static const AsideWork work = {pulls_job_run, pulls_job_free};
    PullsJob *job;
    Aside *aside;

    if (*late && !aside_wait(*late, 0))
        return NULL;
    aside_leavep(late);
    *late = NULL;
    job = calloc(1, sizeof(*job));
    if (job && pulls_add_files(job, config) < 0) {
        pulls_job_free(job);
        job = NULL;
    }
    if (!job || aside_begin(&work, job, &aside) < 0)
        return NULL;
    if (aside_wait(aside, ASIDE_WAIT_USEC))
        return aside_end(aside);
    *late = aside;
    return NULL;
}

void pulls_put(JsonWriter *writer, const char *key, const Controller *controller, Aside **late)
{
    PullsJob *job = pulls_look(controller->config, late);

    json_open_array(writer, key);
    for (size_t i = 0; job && i < job->pull_count; i++)
        pulls_put_one(writer, job->pulls[i].clone, job->pulls[i].text.data);
    json_close_array(writer);
    if (job)
        pulls_job_free(job);
}
