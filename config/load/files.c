/* SPDX-License-Identifier: MIT */
/* Patterns are walked here rather than by glob(3), which hides which directories it looked into,
 * and which it could not. */
#include "config/load/files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config/load/sources.h"
#include "config/load/zones.h"
#include "daemon/base/aside.h"
#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

typedef struct Walk {
    Build *build;
    RosterFiles *files;
    const RosterEntry *entry;
    bool is_told; /* the entry names a file, or a problem was told of it */
    Map known;    /* files by FileId, so that each is read once */
    struct stat settings;
} Walk;

/* Names in a directory, sorted. */
typedef struct Names {
    char **items;
    size_t count;
    size_t capacity;
} Names;

static void names_done(Names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
}

static void walk_done(Walk *walk)
{
    map_done(&walk->known);
}

void files_done(RosterFiles *files)
{
    free(files->items);
    *files = (RosterFiles){0};
}

static void walk_problem(Walk *walk, const char *path, const char *what, int error)
{
    const RosterEntry *entry = walk->entry;

    walk->is_told = true;
    if (error == ENOMEM) {
        problems_memory(walk->build->problems);
        return;
    }
    if (entry) {
        problems_add(walk->build->problems, walk->build->config.path, entry->line, entry->column,
                     entry->path, "%s: %s%s", path, what, error ? err_reason(error) : "");
        return;
    }
    problems_add(walk->build->problems, path, 0, 0, "", "%s%s", what,
                 error ? err_reason(error) : "");
    walk->build->problems->document_count++;
}

static void walk_keep(Walk *walk, int r)
{
    if (r < 0)
        problems_memory(walk->build->problems);
}

/* Reports a path that the settings name and that cannot be looked at, and keeps it in the sources,
 * so that a later look which finds something there counts as a change. */
static void walk_missing(Walk *walk, const char *path, const char *what, int error)
{
    walk_keep(walk, sources_add_missing(walk->build->sources, path, error));
    walk_keep(walk, sources_note_unread(walk->build->sources, path));
    walk_problem(walk, path, what, error);
}

/* Notes a directory before its names are read. */
static void walk_listing(Walk *walk, const char *path, const char *pattern)
{
    problems_add_file(walk->build->problems, path);
    walk_keep(walk, sources_add_listing(walk->build->sources, path, pattern));
}

static int names_add(Names *names, const char *name)
{
    char *copy;

    if (mem_grow(&names->items, &names->capacity, names->count + 1, sizeof(*names->items)) < 0)
        return -ENOMEM;
    copy = strdup(name);
    if (!copy)
        return -ENOMEM;
    names->items[names->count++] = copy;
    return 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void close_directory(DIR **directory)
{
    if (*directory)
        closedir(*directory);
}

/* Lists all names that fit a pattern (sources_name_fits()). 0 or a negative errno. */
static int list_directory(const char *path, const char *pattern, Names *names)
{
    _cleanup_(close_directory) DIR *directory = NULL;

    aside_touch(path[0] ? path : ".");
    directory = opendir(path[0] ? path : ".");
    if (!directory)
        return -errno;
    for (;;) {
        const struct dirent *found;

        errno = 0;
        found = readdir(directory);
        if (!found)
            break;
        if (sources_name_fits(pattern, found->d_name) && names_add(names, found->d_name) < 0)
            return -ENOMEM;
    }
    if (errno)
        return -errno;
    if (names->count > 1)
        qsort(names->items, names->count, sizeof(*names->items), compare_names);
    return 0;
}

/* "a", "b" -> "a/b" in the arena; NULL when out of memory (told). */
static const char *join(Walk *walk, const char *directory, const char *name)
{
    size_t length = strlen(directory), name_size = strlen(name) + 1;
    bool needs_slash = length > 0 && directory[length - 1] != '/';
    char *path = arena_alloc(&walk->build->arena, length + needs_slash + name_size);

    if (!path) {
        problems_memory(walk->build->problems);
        return NULL;
    }
    memcpy(path, directory, length);
    if (needs_slash)
        path[length] = '/';
    memcpy(path + length + needs_slash, name, name_size);
    return path;
}

/* Identifies a file, whichever path leads to it. */
typedef struct FileId {
    dev_t device;
    ino_t inode;
} FileId;

static void add_file(Walk *walk, const char *path, const struct stat *status)
{
    RosterFiles *files = walk->files;
    FileId *id = arena_alloc(&walk->build->arena, sizeof(*id));
    int r = -ENOMEM;

    walk->is_told = true;
    walk_keep(walk, sources_add(walk->build->sources, path, status));
    if (id) {
        memset(id, 0, sizeof(*id));
        *id = (FileId){.device = status->st_dev, .inode = status->st_ino};
        r = map_put(&walk->known, id, sizeof(*id), id);
    }
    if (r > 0)
        r = mem_grow(&files->items, &files->capacity, files->count + 1, sizeof(*files->items));
    else if (r == 0)
        return;
    if (r < 0) {
        problems_memory(walk->build->problems);
        return;
    }
    if (status->st_dev == walk->settings.st_dev && status->st_ino == walk->settings.st_ino)
        walk_problem(walk, path, "the settings file itself, must be a roster", 0);
    else
        files->items[files->count++] =
            (RosterFile){.path = path, .entry = walk->entry, .status = *status};
}

/* Adds the files among the names of a directory, links to files as well. A directory in it is not
 * read. */
static void add_directory(Walk *walk, const char *path)
{
    _cleanup_(names_done) Names names = {0};
    struct stat status;
    int r;

    walk_listing(walk, path, NULL);
    r = list_directory(path, NULL, &names);
    if (r < 0)
        walk_missing(walk, path, "cannot read the directory: ", -r);
    for (size_t i = 0; r == 0 && i < names.count; i++) {
        const char *file = join(walk, path, names.items[i]);

        if (!file)
            return;
        aside_touch(file);
        if (stat(file, &status) < 0)
            walk_missing(walk, file, "cannot be read: ", errno);
        else
            add_file(walk, file, &status);
    }
}

/* Adds what a path without wildcards names. */
static void add_path(Walk *walk, const char *path)
{
    struct stat status;

    aside_touch(path);
    if (stat(path, &status) < 0) {
        int error = errno;

        if (error == ENOENT && walk->build->may_lack_rosters)
            return;
        problems_add_file(walk->build->problems, path);
        walk_missing(walk, path, "cannot be read: ", error);
    } else if (S_ISDIR(status.st_mode)) {
        add_directory(walk, path);
    } else {
        add_file(walk, path, &status);
    }
}

static bool is_pattern(const char *text, size_t length)
{
    return length > 0 &&
           (memchr(text, '*', length) || memchr(text, '?', length) || memchr(text, '[', length));
}

static void walk_pattern(Walk *walk, const char *directory, const char *pattern, bool is_found);

/* Goes on with the rest of a pattern at each name that fits one component of it. */
static void walk_matches(Walk *walk, const char *directory, const char *component, const char *rest,
                         bool is_found)
{
    _cleanup_(names_done) Names names = {0};
    int r = list_directory(directory, component, &names);

    /* A wildcard may also match what the rest of the pattern does not fit. */
    if (r < 0 && !(is_found && (r == -ENOENT || r == -ENOTDIR)))
        walk_missing(walk, directory[0] ? directory : ".", "cannot read the directory: ", -r);
    for (size_t i = 0; r == 0 && i < names.count; i++) {
        const char *path = join(walk, directory, names.items[i]);

        if (path && *rest)
            walk_pattern(walk, path, rest, true);
        else if (path)
            add_path(walk, path);
    }
}

/* Walks the rest of a pattern below a directory. `is_found` says that the directory came from a
 * wildcard: it may be a file, and what the pattern has below it need not be there. */
static void walk_pattern(Walk *walk, const char *directory, const char *pattern, bool is_found)
{
    size_t length = strcspn(pattern, "/");
    const char *rest = pattern + length + strspn(pattern + length, "/");
    bool is_wild = is_pattern(pattern, length);
    char component[NAME_MAX + 1];
    const char *path;
    struct stat status;

    if (length > NAME_MAX) {
        walk_problem(walk, pattern, "cannot be read: ", ENAMETOOLONG);
        return;
    }
    memcpy(component, pattern, length);
    component[length] = '\0';
    aside_touch(directory);
    if (is_found && (stat(directory, &status) < 0 ? errno == ENOENT : !S_ISDIR(status.st_mode)))
        return;
    if (is_found || is_wild)
        walk_listing(walk, directory[0] ? directory : ".", component);
    if (is_wild) {
        walk_matches(walk, directory, component, rest, is_found);
        return;
    }
    path = join(walk, directory, component);
    if (path && *rest)
        walk_pattern(walk, path, rest, is_found);
    else if (path && !(is_found && lstat(path, &status) < 0 && errno == ENOENT))
        add_path(walk, path);
}

static void walk_entry(Walk *walk, const RosterEntry *entry)
{
    const char *directory = walk->build->config.directory, *path;
    struct stat status;

    walk->entry = entry;
    if (entry->text[0] == '/')
        path = entry->text;
    else
        path = join(walk, str_equal(directory, ".") ? "" : directory, entry->text);
    if (!path)
        return;
    aside_touch(path);
    if (!is_pattern(entry->text, strlen(entry->text)) || stat(path, &status) == 0)
        add_path(walk, path);
    else if (entry->text[0] == '/')
        walk_pattern(walk, "/", entry->text + strspn(entry->text, "/"), false);
    else
        walk_pattern(walk, str_equal(directory, ".") ? "" : directory, entry->text, false);
}

/* Warns of an entry that comes to no file: whoever wrote it meant one. */
static void warn_of_entry(Walk *walk)
{
    const RosterEntry *entry = walk->entry;

    problems_add(&walk->build->config.warnings, walk->build->config.path, entry->line,
                 entry->column, entry->path,
                 "\"%.200s\" names no roster file, must name one or be left out", entry->text);
}

void files_find(Build *build, const RosterEntries *entries, RosterFiles *ret_files)
{
    _cleanup_(walk_done) Walk walk = {.build = build, .files = ret_files};

    aside_touch(build->config.path);
    if (stat(build->config.path, &walk.settings) < 0)
        walk.settings = (struct stat){0};
    for (size_t i = 0; i < entries->count; i++) {
        walk.is_told = false;
        walk_entry(&walk, &entries->items[i]);
        if (!walk.is_told)
            warn_of_entry(&walk);
    }
}

void files_take(Build *build, const char *const *paths, size_t count, RosterFiles *ret_files)
{
    _cleanup_(walk_done) Walk walk = {.build = build, .files = ret_files};

    aside_touch(build->config.path);
    if (build->is_without_settings || stat(build->config.path, &walk.settings) < 0)
        walk.settings = (struct stat){0};
    for (size_t i = 0; i < count; i++) {
        walk.is_told = false;
        add_path(&walk, paths[i]);
        if (!walk.is_told)
            walk_problem(&walk, paths[i], "no roster in it, must have *.yaml or *.yml", 0);
    }
}

int files_set_settings(Build *build, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;

    build->config.path = arena_string(&build->arena, path);
    if (!slash)
        build->config.directory = arena_string(&build->arena, ".");
    else
        build->config.directory = arena_copy(&build->arena, path, length ? length : 1);
    return build->config.path && build->config.directory ? 0 : -ENOMEM;
}

static void build_dropp(Build **build)
{
    if (*build)
        config_free(&(*build)->config);
}

int sources_look(const Sources *before, Sources *ret_now)
{
    _cleanup_(build_dropp) Build *build = calloc(1, sizeof(*build));
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(files_done) RosterFiles files = {0};

    if (!build || sources_begin(ret_now, before->settings) < 0 ||
        sources_keep_entries(ret_now, &before->entries) < 0)
        return -ENOMEM;
    build->problems = &problems;
    build->sources = ret_now;
    if (files_set_settings(build, before->settings) < 0)
        return -ENOMEM;
    files_find(build, &ret_now->entries, &files);
    if (problems.out_of_memory || build->config.warnings.out_of_memory)
        return -ENOMEM;
    return zones_look(before, ret_now);
}
