/* SPDX-License-Identifier: MIT */
/* The tree of each file is freed before the next is read, so that loading needs memory for the
 * largest file, not for all. */
#include "config/load/config_load.h"

#include <errno.h>
#include <string.h>

#include "config/build.h"
#include "config/load/files.h"
#include "config/load/zones.h"
#include "config/roster/roster.h"
#include "config/roster/rules.h"
#include "config/settings/settings.h"
#include "config/yaml/yaml.h"
#include "daemon/base/file.h"
#include "daemon/base/str.h"

static void config_load_dropp(Build **build)
{
    if (*build)
        config_free(&(*build)->config);
}

/* Returns 0 with the tree, or with NULL where the text cannot be parsed, which is reported then. A
 * negative errno says why the file could not be read, which the caller reports. */
static int read_tree(const char *path, Arena *arena, Problems *problems, const Node **ret_root)
{
    _cleanup_(buf_done) Buf text = {0};
    int r;

    *ret_root = NULL;
    problems_add_file(problems, path);
    problems->document_count++;
    r = file_read(path, YAML_SIZE_MAX, &text, NULL);
    if (r == -EFBIG) {
        problems_add(problems, path, 1, 1, "",
                     "too large: more than 8 MiB, split it into several files");
        return 0;
    }
    if (r < 0)
        return r;
    r = yaml_parse(path, buf_text(&text), text.size, arena, problems, ret_root);
    return r == -EINVAL ? 0 : r;
}

/* The problem itself is the caller's to tell. */
static void note_unread(Build *build, const char *path)
{
    if (sources_note_unread(build->sources, path) < 0)
        problems_memory(build->problems);
}

static const char *why_unreadable(int error)
{
    if (error == -EINVAL)
        return "not a regular file";
    return err_reason(-error);
}

static void read_settings(Build *build, RosterEntries *ret_rosters)
{
    _cleanup_(arena_done) Arena tree = {0};
    Reader reader = {
        .file = build->config.path, .arena = &build->arena, .problems = build->problems};
    const Node *root, *channels = NULL;
    int r = read_tree(reader.file, &tree, build->problems, &root);

    if (r == -ENOMEM)
        problems_memory(build->problems);
    else if (r < 0)
        problems_add(build->problems, reader.file, 0, 0, "", "cannot be read: %s%s",
                     why_unreadable(r),
                     str_equal(reader.file, CONFIG_PATH_DEFAULT)
                         ? "; name the settings with -c FILE or in ROSTERD_CONFIG"
                         : "");
    if (r < 0)
        note_unread(build, reader.file);
    if (!root)
        return;
    settings_read(build, &reader, root, ret_rosters, &channels);
    if (channels)
        roster_read_in_settings(build, &reader, channels);
}

static void load_roster(Build *build, const RosterFile *file)
{
    _cleanup_(arena_done) Arena tree = {0};
    Reader reader = {.file = file->path, .arena = &build->arena, .problems = build->problems};
    const RosterEntry *entry = file->entry;
    const Node *root;
    int r = read_tree(reader.file, &tree, build->problems, &root);

    if (r == -ENOMEM)
        problems_memory(build->problems);
    else if (r < 0 && entry)
        problems_add(build->problems, build->config.path, entry->line, entry->column, entry->path,
                     "%s: cannot be read: %s", file->path, why_unreadable(r));
    else if (r < 0)
        problems_add(build->problems, file->path, 0, 0, "", "cannot be read: %s",
                     why_unreadable(r));
    if (r < 0)
        note_unread(build, file->path);
    if (root)
        roster_read(build, &reader, root);
}

static void load_rosters(Build *build, const RosterFiles *files)
{
    for (size_t i = 0; i < files->count && !build->problems->out_of_memory; i++)
        load_roster(build, &files->items[i]);
}

/* Copies the list of files that were read out of the problems, each once. */
static int keep_files(Build *build, size_t first)
{
    const Problems *problems = build->problems;
    size_t count = problems->file_count - first;
    const char **files = arena_alloc(&build->arena, count * sizeof(*files));
    _cleanup_(map_done) Map known = {0};

    if (!files)
        return -ENOMEM;
    build->config.files = files;
    for (size_t i = first; i < problems->file_count; i++) {
        char *file = arena_string(&build->arena, problems->files[i]);
        int r = file ? map_put(&known, file, strlen(file), file) : -ENOMEM;

        if (r < 0)
            return r;
        if (r > 0)
            files[build->config.file_count++] = file;
    }
    return 0;
}

/* What is to be loaded. */
typedef struct Wanted {
    const char *settings; /* NULL: none */
    bool has_rosters;     /* those that the settings name, or the files */
    bool may_lack;        /* of these there need be none */
    const char *const *files;
    size_t file_count;
} Wanted;

static int begin(Build *build, const Wanted *wanted, Sources *sources, Problems *problems)
{
    build->problems = problems;
    build->sources = sources;
    build->find_zone = zones_find;
    build->may_lack_rosters = wanted->may_lack;
    build->is_without_settings = !wanted->settings;
    if (files_set_settings(build, wanted->settings ? wanted->settings : "") < 0)
        return -ENOMEM;
    return wanted->settings ? sources_begin(sources, wanted->settings) : 0;
}

static int read_all(Build *build, const Wanted *wanted)
{
    _cleanup_(files_done) RosterFiles files = {0};
    RosterEntries rosters = {0};

    if (wanted->settings)
        read_settings(build, &rosters);
    if (sources_keep_entries(build->sources, &rosters) < 0)
        return -ENOMEM;
    if (wanted->files)
        files_take(build, wanted->files, wanted->file_count, &files);
    else if (wanted->has_rosters)
        files_find(build, &rosters, &files);
    load_rosters(build, &files);
    if (wanted->has_rosters && !wanted->files && !wanted->may_lack)
        rules_check_any_channel(build, &rosters);
    return zones_tell_sources(build, build->sources);
}

/* What a Config has once all is read. */
static int finish(Build *build, const Wanted *wanted)
{
    build->config.channels = build->channels;
    if (wanted->settings && roster_set_digest(&build->config, build->config.set.digest) < 0)
        return -ENOMEM;
    if (wanted->settings)
        roster_set_head(&build->config, build->config.set.head);
    map_done(&build->listed);
    build->problems = NULL;
    build->sources = NULL;
    build->find_zone = NULL;
    build->names = NULL;
    return 0;
}

static int load(const Wanted *wanted, Sources *sources, Problems *problems, Config **ret_config)
{
    _cleanup_(config_load_dropp) Build *build = calloc(1, sizeof(*build));
    size_t first_file = problems->file_count;

    if (!build || begin(build, wanted, sources, problems) < 0 || read_all(build, wanted) < 0 ||
        problems->out_of_memory || build->config.warnings.out_of_memory ||
        keep_files(build, first_file) < 0)
        return problems_memory(problems);
    if (problems_any(problems))
        return -EINVAL;
    if (finish(build, wanted) < 0)
        return problems_memory(problems);
    *ret_config = &TAKE_PTR(build)->config;
    return 0;
}

int config_load_sources(const char *path, Sources *ret_sources, Problems *problems,
                        Config **ret_config)
{
    const Wanted wanted = {.settings = path, .has_rosters = true};

    return load(&wanted, ret_sources, problems, ret_config);
}

int config_load(const char *path, Problems *problems, Config **ret_config)
{
    _cleanup_(sources_done) Sources sources = {0};

    return config_load_sources(path, &sources, problems, ret_config);
}

int config_load_if_any(const char *path, Problems *problems, Config **ret_config)
{
    _cleanup_(sources_done) Sources sources = {0};
    const Wanted wanted = {.settings = path, .has_rosters = true, .may_lack = true};

    return load(&wanted, &sources, problems, ret_config);
}

int config_load_rosters(const char *settings, const char *const *files, size_t count,
                        Problems *problems, Config **ret_config)
{
    _cleanup_(sources_done) Sources sources = {0};
    const Wanted wanted = {
        .settings = settings, .has_rosters = true, .files = files, .file_count = count};

    return load(&wanted, &sources, problems, ret_config);
}

int config_load_settings(const char *path, Problems *problems, Config **ret_config)
{
    _cleanup_(sources_done) Sources sources = {0};
    const Wanted wanted = {.settings = path};

    return load(&wanted, &sources, problems, ret_config);
}
