/* SPDX-License-Identifier: MIT */
#include "config/load/config_load.h"

#include <errno.h>
#include <string.h>

#include "config/build.h"
#include "config/load/files.h"
#include "config/load/rosters.h"
#include "config/load/zones.h"
#include "config/roster/roster.h"
#include "config/roster/rules.h"
#include "config/settings/settings.h"
#include "daemon/base/str.h"

static void config_load_dropp(Build **build)
{
    if (*build)
        config_free(&(*build)->config);
}

static void read_settings(Build *build, RosterEntries *ret_rosters)
{
    _cleanup_(arena_done) Arena tree = {0};
    Reader reader = {
        .file = build->config.path, .arena = &build->arena, .problems = build->problems};
    const Node *root, *channels = NULL;
    struct stat status;
    int r = rosters_read_tree(reader.file, &tree, build->problems, &status, &root);

    if (r == -ENOMEM)
        problems_memory(build->problems);
    else if (r < 0)
        problems_add(build->problems, reader.file, 0, 0, "", "cannot be read: %s%s",
                     rosters_why_unreadable(r),
                     str_equal(reader.file, CONFIG_PATH_DEFAULT)
                         ? "; name the settings with -c FILE or in ROSTERD_CONFIG"
                         : "");
    if (r < 0)
        rosters_note_unread(build, reader.file);
    if (!root)
        return;
    settings_read(build, &reader, root, ret_rosters, &channels);
    if (channels)
        roster_read_in_settings(build, &reader, channels);
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
    LoadTerms terms;
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

/* Whether files are to be still, and are not. */
static bool is_too_young(const Build *build, const Wanted *wanted)
{
    return wanted->terms.only_still && !problems_any(build->problems) &&
           sources_are_young(build->sources, wanted->terms.realtime_usec);
}

/* 0; -EAGAIN; -ENOMEM. */
static int read_all(Build *build, const Wanted *wanted)
{
    _cleanup_(files_done) RosterFiles files = {0};
    RosterEntries rosters = {0};

    if (is_too_young(build, wanted))
        return -EAGAIN;
    if (wanted->settings)
        read_settings(build, &rosters);
    if (sources_keep_entries(build->sources, &rosters) < 0)
        return -ENOMEM;
    if (wanted->files)
        files_take(build, wanted->files, wanted->file_count, &files);
    else if (wanted->has_rosters)
        files_find(build, &rosters, &files);
    if (is_too_young(build, wanted))
        return -EAGAIN;
    rosters_load(build, &files, &wanted->terms);
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

static int load(const Wanted *wanted, Sources *sources, RosterReadings *ret_readings,
                Problems *problems, Config **ret_config)
{
    _cleanup_(config_load_dropp) Build *build = calloc(1, sizeof(*build));
    size_t first_file = problems->file_count;
    int r;

    if (!build || begin(build, wanted, sources, problems) < 0)
        return problems_memory(problems);
    r = read_all(build, wanted);
    if (r == -EAGAIN)
        return r;
    if (r < 0 || problems->out_of_memory || build->config.warnings.out_of_memory ||
        keep_files(build, first_file) < 0 ||
        (ret_readings && roster_readings_copy(&build->readings, ret_readings) < 0))
        return problems_memory(problems);
    if (problems_any(problems))
        return -EINVAL;
    if (finish(build, wanted) < 0)
        return problems_memory(problems);
    *ret_config = &TAKE_PTR(build)->config;
    return 0;
}

int config_load_again(const char *path, const LoadTerms *terms, Sources *ret_sources,
                      RosterReadings *ret_readings, Problems *problems, Config **ret_config)
{
    const Wanted wanted = {.settings = path, .has_rosters = true, .terms = *terms};

    return load(&wanted, ret_sources, ret_readings, problems, ret_config);
}

int config_load_sources(const char *path, Sources *ret_sources, Problems *problems,
                        Config **ret_config)
{
    const Wanted wanted = {.settings = path, .has_rosters = true};

    return load(&wanted, ret_sources, NULL, problems, ret_config);
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

    return load(&wanted, &sources, NULL, problems, ret_config);
}

int config_load_rosters(const char *settings, const char *const *files, size_t count,
                        Problems *problems, Config **ret_config)
{
    _cleanup_(sources_done) Sources sources = {0};
    const Wanted wanted = {
        .settings = settings, .has_rosters = true, .files = files, .file_count = count};

    return load(&wanted, &sources, NULL, problems, ret_config);
}

int config_load_settings(const char *path, Problems *problems, Config **ret_config)
{
    _cleanup_(sources_done) Sources sources = {0};
    const Wanted wanted = {.settings = path};

    return load(&wanted, &sources, NULL, problems, ret_config);
}
