/* SPDX-License-Identifier: MIT */
/* A work tree has a directory .git, or a file .git that names one (git worktree, submodules). HEAD
 * is in it; a branch is a file below refs/, there or in the common directory, or a line of
 * packed-refs. gitrepository-layout(5). */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"
#include "config/roster_set.h"
#include "daemon/base/aside.h"
#include "daemon/base/file.h"
#include "daemon/base/str.h"

#define HEAD_FILE_SIZE_MAX 4096U
#define HEAD_PACKED_SIZE_MAX (64U << 20)
#define HEAD_LINKS_MAX 5

static bool head_join(char ret_path[static PATH_MAX], const char *directory, const char *name)
{
    bool is_absolute = name[0] == '/';

    return snprintf(ret_path, PATH_MAX, "%s%s%s", is_absolute ? "" : directory,
                    is_absolute ? "" : "/", name) < PATH_MAX;
}

/* Reads the first line of a small file. */
static bool head_read_line(const char *directory, const char *name, char ret_line[static PATH_MAX])
{
    _cleanup_(buf_done) Buf text = {0};
    char path[PATH_MAX];

    if (!head_join(path, directory, name) || file_read(path, HEAD_FILE_SIZE_MAX, &text, NULL) < 0 ||
        text.size == 0 || text.size >= PATH_MAX || strlen(text.data) != text.size)
        return false;
    str_copy(ret_line, PATH_MAX, text.data);
    ret_line[strcspn(ret_line, "\n")] = '\0';
    return true;
}

/* Git names commits by SHA-1 or SHA-256, in hex. */
static bool head_is_commit(const char *text)
{
    size_t length = strspn(text, "0123456789abcdef");

    return text[length] == '\0' && (length == 40 || length == 64);
}

static bool head_find_packed(const char *common, const char *ref, char ret_line[static PATH_MAX])
{
    _cleanup_(buf_done) Buf text = {0};
    char path[PATH_MAX];
    char *rest, *line;

    if (!head_join(path, common, "packed-refs") ||
        file_read(path, HEAD_PACKED_SIZE_MAX, &text, NULL) < 0 || text.size == 0)
        return false;
    for (line = strtok_r(text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *space = strchr(line, ' ');

        if (!space || !str_equal(space + 1, ref))
            continue;
        *space = '\0';
        str_copy(ret_line, PATH_MAX, line);
        return true;
    }
    return false;
}

static bool head_resolve(const char *git, char ret_head[static ROSTER_SET_HEAD_SIZE])
{
    char line[PATH_MAX], common[PATH_MAX], ref[PATH_MAX];

    if (!head_read_line(git, "commondir", line))
        str_copy(common, sizeof(common), git);
    else if (!head_join(common, git, line))
        return false;
    if (!head_read_line(git, "HEAD", line))
        return false;
    for (int i = 0; i < HEAD_LINKS_MAX && str_has_prefix(line, "ref: "); i++) {
        str_copy(ref, sizeof(ref), line + strlen("ref: "));
        if (!str_has_prefix(ref, "refs/") || strstr(ref, ".."))
            return false;
        if (!head_read_line(git, ref, line) && !head_read_line(common, ref, line) &&
            !head_find_packed(common, ref, line))
            return false;
    }
    if (!head_is_commit(line))
        return false;
    str_copy(ret_head, ROSTER_SET_HEAD_SIZE, line);
    return true;
}

/* Finds the .git of the work tree that a file stands in; links are followed. */
static bool head_find_git(const char *file, char ret_git[static PATH_MAX])
{
    char path[PATH_MAX], line[PATH_MAX];
    struct stat status;

    if (!realpath(file, path))
        return false;
    for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
        *slash = '\0';
        if (!head_join(ret_git, path, ".git"))
            return false;
        aside_touch(ret_git);
        if (stat(ret_git, &status) < 0)
            continue;
        if (S_ISDIR(status.st_mode))
            return true;
        return head_read_line(path, ".git", line) && str_has_prefix(line, "gitdir: ") &&
               head_join(ret_git, path, line + strlen("gitdir: "));
    }
    return false;
}

void roster_set_head(const Config *config, char ret_head[static ROSTER_SET_HEAD_SIZE])
{
    char git[PATH_MAX] = "", other[PATH_MAX];
    const char *before = NULL;

    ret_head[0] = '\0';
    for (size_t i = 0; i < config->channel_count; i++) {
        const char *file = config->channels[i].file;

        if (before && str_equal(file, before))
            continue;
        before = file;
        if (!head_find_git(file, other) || (git[0] && !str_equal(git, other)))
            return;
        str_copy(git, sizeof(git), other);
    }
    if (git[0])
        head_resolve(git, ret_head);
}
