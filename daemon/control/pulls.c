/* SPDX-License-Identifier: MIT */
#include "daemon/control/pulls.h"

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

/* Roster files of one directory stand one after the other. */
static bool pulls_is_new(char before[static PATH_MAX], const char *directory)
{
    bool is_new = !str_equal(before, directory);

    str_copy(before, PATH_MAX, directory);
    return is_new;
}

void pulls_put(JsonWriter *writer, const char *key, const Controller *controller)
{
    const Config *config = controller->config;
    char before[PATH_MAX] = "", told[PATH_MAX] = "";

    json_open_array(writer, key);
    for (size_t i = 0; i < config->channel_count; i++) {
        _cleanup_(buf_done) Buf text = {0};
        char path[PATH_MAX];
        char *slash;

        if (!realpath(config->channels[i].file, path))
            continue;
        slash = strrchr(path, '/');
        *slash = '\0';
        if (!pulls_is_new(before, path) || !pulls_find(path, &text) || text.size == 0)
            continue;
        if (pulls_is_new(told, path))
            pulls_put_one(writer, path, text.data);
    }
    json_close_array(writer);
}
