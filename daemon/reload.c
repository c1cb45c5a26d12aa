/* Reload: see reload.h. */
#include "daemon/reload.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "config/compare.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/message_ids.h"

/* Every error is a line of its own in the log, and the last line says what follows from them. */
static void reload_say_invalid(const char *path, const Problems *problems, const char *consequence,
                               char *ret_invalid, size_t invalid_size)
{
    const LogFields fields = {.message_id = MESSAGE_INVALID};
    _cleanup_(buf_done) Buf text = {0};
    size_t count = 0;
    char *rest, *line;

    problems_print(problems, &text);
    if (buf_failed(&text) < 0 || text.size == 0)
        buf_puts(&text, "out of memory\n");
    for (line = strtok_r(text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (count++ == 0)
            str_copy(ret_invalid, invalid_size, line);
        log_event(LOG_LEVEL_ERR, &fields, "%s", line);
    }
    log_event(LOG_LEVEL_ERR, &fields, "%s: invalid (%zu error%s), %s", path, count,
              count == 1 ? "" : "s", consequence);
}

static void reload_on_change(const Change *change, void *userdata)
{
    static const char *const subjects[] = {
        [CHANGE_OF_SETTINGS] = "",
        [CHANGE_OF_INSTANCE] = "instance ",
        [CHANGE_OF_CHANNEL] = "channel ",
    };
    const LogFields fields = {
        .message_id = MESSAGE_RELOADED,
        .channel = change->subject == CHANGE_OF_CHANNEL ? change->name : NULL,
        .instance = change->subject == CHANGE_OF_INSTANCE ? change->name : NULL,
        .action = compare_kind_text(change->kind),
    };

    (void)userdata;
    log_event(change->kind == CHANGE_NONE ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, &fields,
              "reload: %s%s: %s%s", subjects[change->subject], change->name,
              compare_kind_text(change->kind),
              change->kind == CHANGE_REMOVED ? ", no longer managed" : "");
}

static void reload_say_restart(const Config *old, const Config *new)
{
    const struct {
        const char *name, *before, *now;
    } fixed[] = {{"state_dir", old->state_dir, new->state_dir},
                 {"control_socket", old->control_socket, new->control_socket}};

    for (size_t i = 0; i < ELEMENTS(fixed); i++) {
        if (!str_equal(fixed[i].before ? fixed[i].before : "", fixed[i].now ? fixed[i].now : ""))
            log_event(LOG_LEVEL_WARNING, NULL, "reload: %s changed: this takes a restart",
                      fixed[i].name);
    }
}

static void reload_watch(Watch *watch, const char *const *files, size_t file_count)
{
    int watched = watch_set(watch, files, file_count);

    if (watched < 0 || (size_t)watched < file_count)
        log_event(LOG_LEVEL_WARNING, NULL,
                  "not every file and directory can be watched: after a change, reload by hand "
                  "(SIGHUP)");
}

static bool reload_reads_same_files(const Config *a, const Config *b)
{
    if (a->file_count != b->file_count)
        return false;
    for (size_t i = 0; i < a->file_count; i++) {
        if (!str_equal(a->files[i], b->files[i]))
            return false;
    }
    return true;
}

/* Files that were not watched while they were read may have changed before they are: read twice.
 * `old` may be NULL: nothing was watched. An invalid set is watched by all that was looked for, so
 * that mending any of it is noticed. */
static int reload_read(const char *path, Watch *watch, const Config *old, Problems *problems,
                       Config **ret_config)
{
    _cleanup_(config_freep) Config *first = NULL;
    int r = config_load(path, problems, &first);

    if (r < 0) {
        reload_watch(watch, (const char *const *)problems->files, problems->file_count);
        return r;
    }
    reload_watch(watch, first->files, first->file_count);
    if (!old || !reload_reads_same_files(first, old))
        return config_load(path, problems, ret_config);
    *ret_config = TAKE_PTR(first);
    return 0;
}

int reload_start(const char *path, Watch *watch, Config **ret_config)
{
    _cleanup_(problems_done) Problems problems = {0};
    char first[160];

    if (reload_read(path, watch, NULL, &problems, ret_config) >= 0)
        return 0;
    reload_say_invalid(path, &problems, "rosterd does not start", first, sizeof(first));
    return -EINVAL;
}

/* What was refused and is as it was, or mended, is worth a line. */
static void reload_say_valid(const char *path, char *invalid)
{
    const LogFields fields = {.message_id = MESSAGE_RELOADED};

    if (invalid[0])
        log_event(LOG_LEVEL_NOTICE, &fields, "%s: settings and rosters are valid again", path);
    invalid[0] = '\0';
}

int reload_load(const Options *options, sd_event *event, const State *state, Watch *watch,
                const Config *old, bool is_asked, Tenure **ret_tenure, char *ret_invalid,
                size_t invalid_size)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;
    Err err = {0};
    int changes, r = reload_read(options->config_path, watch, old, &problems, &config);

    malloc_trim(0);
    if (!is_asked && watch_has_changed(watch))
        return 0;
    if (r < 0) {
        reload_say_invalid(options->config_path, &problems,
                           "the last good settings and rosters stay in force", ret_invalid,
                           invalid_size);
        return -EINVAL;
    }
    changes = compare_configs(old, config, reload_on_change, NULL);
    reload_say_restart(old, config);
    if (changes == 0 && !is_asked) {
        reload_say_valid(options->config_path, ret_invalid);
        return 0;
    }
    if (tenure_new(event, TAKE_PTR(config), options->dry_run, state->store, &state->err, ret_tenure,
                   &err) < 0) {
        str_copy(ret_invalid, invalid_size, err.text);
        log_event(LOG_LEVEL_ERR, NULL, "%s; the last good settings and rosters stay in force",
                  err.text);
        return -EINVAL;
    }
    reload_say_valid(options->config_path, ret_invalid);
    return 0;
}
