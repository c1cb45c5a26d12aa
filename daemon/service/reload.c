/* SPDX-License-Identifier: MIT */
#include "daemon/service/reload.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "config/load/compare.h"
#include "config/load/config_load.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/log/message_ids.h"
#include "daemon/log/warnings.h"

/* Every error is a line of its own in the log, and the last line says what follows from them. */
static void reload_say_invalid(Reload *reload, const Problems *problems, const char *consequence)
{
    const LogFields fields = {.message_id = MESSAGE_INVALID};
    _cleanup_(buf_done) Buf text = {0};
    char no_memory[] = "out of memory";
    size_t count = 0;
    char *rest, *line;

    problems_print(problems, &text);
    line = strtok_r(buf_failed(&text) < 0 || text.size == 0 ? no_memory : text.data, "\n", &rest);
    for (; line; line = strtok_r(NULL, "\n", &rest)) {
        if (count++ == 0)
            str_copy(reload->invalid, sizeof(reload->invalid), line);
        log_event(LOG_LEVEL_ERR, &fields, "%s", line);
    }
    log_event(LOG_LEVEL_ERR, &fields, "%s: invalid (%zu error%s), %s", reload->options->config_path,
              count, count == 1 ? "" : "s", consequence);
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

/* NULL: the settings leave it out. */
static bool reload_is_same(const char *a, const char *b)
{
    return a && b ? str_equal(a, b) : a == b;
}

/* Once for each change, and not for one that takes another back. */
static void reload_say_restart(const Reload *reload, const Config *old, const Config *new)
{
    const struct {
        const char *name, *in_force, *before, *now;
    } fixed[] = {
        {"state_dir", reload->state_dir, old->state_dir, new->state_dir},
        {"control_socket", reload->control_socket, old->control_socket, new->control_socket},
    };

    for (size_t i = 0; i < ELEMENTS(fixed); i++) {
        if (!reload_is_same(fixed[i].in_force, fixed[i].now) &&
            !reload_is_same(fixed[i].before, fixed[i].now))
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
static int reload_read(Reload *reload, const Config *old, Problems *problems, Config **ret_config)
{
    const char *path = reload->options->config_path;
    _cleanup_(config_freep) Config *first = NULL;
    int r = config_load(path, problems, &first);

    if (r < 0) {
        reload_watch(reload->watch, (const char *const *)problems->files, problems->file_count);
        return r;
    }
    reload_watch(reload->watch, first->files, first->file_count);
    if (!old || !reload_reads_same_files(first, old))
        return config_load(path, problems, ret_config);
    *ret_config = TAKE_PTR(first);
    return 0;
}

static int reload_keep(const char *text, char **ret_copy)
{
    *ret_copy = text ? strdup(text) : NULL;
    return text && !*ret_copy ? -ENOMEM : 0;
}

int reload_start(Reload *reload, Config **ret_config)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;
    int r = reload_read(reload, NULL, &problems, &config);

    if (r < 0) {
        reload_say_invalid(reload, &problems, "rosterd does not start");
        return r;
    }
    if (reload_keep(config->state_dir, &reload->state_dir) < 0 ||
        reload_keep(config->control_socket, &reload->control_socket) < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "out of memory: rosterd does not start");
        return -ENOMEM;
    }
    warnings_log(config, NULL);
    *ret_config = TAKE_PTR(config);
    return 0;
}

void reload_done(Reload *reload)
{
    watch_free(reload->watch);
    free(reload->state_dir);
    free(reload->control_socket);
    *reload = (Reload){0};
}

/* What was refused and is as it was, or mended, is worth a line. */
static void reload_say_valid(Reload *reload)
{
    const LogFields fields = {.message_id = MESSAGE_RELOADED};

    if (reload->invalid[0])
        log_event(LOG_LEVEL_NOTICE, &fields, "%s: settings and rosters are valid again",
                  reload->options->config_path);
    reload->invalid[0] = '\0';
}

int reload_load(Reload *reload, const State *state, const Config *old, bool is_asked,
                Controller **ret_tenure)
{
    const LogFields fields = {.message_id = MESSAGE_RELOADED, .action = "same"};
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;
    Err err = {0};
    int changes, r = reload_read(reload, old, &problems, &config);

    malloc_trim(0);
    if (!is_asked && watch_has_changed(reload->watch))
        return 0;
    if (r < 0) {
        reload_say_invalid(reload, &problems, "the last good settings and rosters stay in force");
        return -EINVAL;
    }
    changes = compare_configs(old, config, reload_on_change, NULL);
    if (changes == 0 && is_asked)
        log_event(LOG_LEVEL_INFO, &fields,
                  "reload: nothing has changed in settings and rosters, secrets are read again");
    reload_say_restart(reload, old, config);
    warnings_log(config, is_asked ? NULL : old);
    if (changes == 0 && !is_asked) {
        reload_say_valid(reload);
        return 0;
    }
    if (controller_new(reload->event, TAKE_PTR(config), reload->options->dry_run, state->store,
                       &state->err, ret_tenure, &err) < 0) {
        str_copy(reload->invalid, sizeof(reload->invalid), err.text);
        log_event(LOG_LEVEL_ERR, NULL, "%s; the last good settings and rosters stay in force",
                  err.text);
        return -EINVAL;
    }
    reload_say_valid(reload);
    return 0;
}
