/* SPDX-License-Identifier: MIT */
#include "daemon/service/reload.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "config/load/compare.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/cli/load.h"
#include "daemon/control/control.h"
#include "daemon/log/message_ids.h"
#include "daemon/log/warnings.h"
#include "daemon/notify/destination.h"

#define RELOAD_INSTANCE_SIZE 128

/* How long the event loop waits for a load, which mostly takes less. */
#define RELOAD_WAIT_USEC (5 * USEC_PER_MSEC)

/* Since the first that was refused, however they are changed until one is taken. */
static void reload_note_invalid(Reload *reload)
{
    if (!reload->invalid_usec)
        reload->invalid_usec = clock_realtime_usec();
}

/* Every error is a line of its own in the log, and the last line says what follows from them. */
static void reload_log_invalid(Reload *reload, const char *consequence)
{
    const LogFields fields = {.message_id = MESSAGE_INVALID};
    const char *text = buf_text(&reload->errors);
    size_t count = 0;

    reload_note_invalid(reload);
    for (const char *line = text, *end; *line; line = end + (*end == '\n')) {
        end = strchrnul(line, '\n');
        if (count++ == 0)
            snprintf(reload->invalid, sizeof(reload->invalid), "%.*s", (int)(end - line), line);
        log_event(LOG_LEVEL_ERR, &fields, "%.*s", (int)(end - line), line);
    }
    log_event(LOG_LEVEL_ERR, &fields, "%s: invalid (%zu error%s), %s", reload->options->config_path,
              count, count == 1 ? "" : "s", consequence);
}

static void reload_refuse(Reload *reload, const Problems *problems, const char *consequence)
{
    static const char no_memory[] = "out of memory";

    reload->is_unopened = false;
    buf_done(&reload->errors);
    problems_print(problems, &reload->errors);
    if (buf_failed(&reload->errors) < 0 || reload->errors.size == 0) {
        buf_done(&reload->errors);
        buf_puts(&reload->errors, no_memory);
    }
    reload_log_invalid(reload, consequence);
}

/* The channel of "instance/name" or "instance/id:ID", as other lines name it; NULL: it is about
 * none.
 */
static const char *reload_split_name(const Difference *change,
                                     char ret_instance[static RELOAD_INSTANCE_SIZE])
{
    const char *slash = strchr(change->name, '/');

    if (change->subject == DIFFERENCE_OF_SETTINGS)
        return NULL;
    if (change->subject == DIFFERENCE_OF_INSTANCE || !slash) {
        str_copy(ret_instance, RELOAD_INSTANCE_SIZE, change->name);
        return NULL;
    }
    snprintf(ret_instance, RELOAD_INSTANCE_SIZE, "%.*s", (int)(slash - change->name), change->name);
    return str_has_prefix(slash + 1, "id:") ? slash + 4 : slash + 1;
}

static void reload_on_change(const Difference *change, void *userdata)
{
    static const char *const subjects[] = {
        [DIFFERENCE_OF_SETTINGS] = "",
        [DIFFERENCE_OF_INSTANCE] = "instance ",
        [DIFFERENCE_OF_CHANNEL] = "channel ",
    };
    LogLevel level = change->kind == DIFFERENCE_NONE ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
    char instance[RELOAD_INSTANCE_SIZE] = "";
    LogFields fields = {.message_id = MESSAGE_RELOADED, .instance = instance};

    (void)userdata;
    /* Of thousands of channels, nearly all are unchanged. */
    if (!log_is_wanted(level))
        return;
    fields.channel = reload_split_name(change, instance);
    fields.action = compare_kind_text(change->kind);
    log_event(level, &fields, "reload: %s%s%s%s: %s%s", subjects[change->subject],
              change->subject == DIFFERENCE_OF_SETTINGS ? change->name : instance,
              fields.channel ? "/" : "", fields.channel ? fields.channel : "", fields.action,
              change->kind == DIFFERENCE_REMOVED ? ", no longer managed" : "");
}

static const char *reload_fleet_of(const Config *config)
{
    return config->fleet ? config->fleet->canonical : "";
}

/* Once for each change, and not for one that takes another back. */
static void reload_log_restart(const Reload *reload, const Config *old, const Config *new)
{
    if (!str_equal(reload->fleet_in_force, reload_fleet_of(new)) &&
        !str_equal(reload_fleet_of(old), reload_fleet_of(new)))
        log_event(LOG_LEVEL_WARNING, NULL, "reload: fleet changed: this takes a restart");
    for (SettingName name = 0; name < SETTING_COUNT; name++) {
        _cleanup_(buf_done) Buf before = {0}, now = {0};

        if (setting_row(name)->reload != SETTING_BY_RESTART)
            continue;
        setting_print(old, name, &before);
        setting_print(new, name, &now);
        if (!str_equal(reload->in_force[name], buf_text(&now)) &&
            !str_equal(buf_text(&before), buf_text(&now)))
            log_event(LOG_LEVEL_WARNING, NULL, "reload: %s changed: this takes a restart",
                      setting_row(name)->path);
    }
}

static void reload_watch(Watch *watch, const Sources *sources)
{
    int r = watch_set(watch, sources);

    if (r < 0)
        log_event(LOG_LEVEL_WARNING, NULL,
                  "settings and rosters cannot be watched: %s; they are compared before each pass",
                  strerror(-r));
}

void reload_watch_again(Reload *reload)
{
    reload_watch(reload->watch, settle_get_read(reload->settle));
}

static int reload_keep_in_force(Reload *reload, const Config *config)
{
    str_copy(reload->fleet_in_force, sizeof(reload->fleet_in_force), reload_fleet_of(config));
    for (SettingName name = 0; name < SETTING_COUNT; name++) {
        _cleanup_(buf_done) Buf value = {0};

        if (setting_row(name)->reload != SETTING_BY_RESTART)
            continue;
        setting_print(config, name, &value);
        reload->in_force[name] = buf_take(&value);
        if (!reload->in_force[name])
            return -ENOMEM;
    }
    return 0;
}

int reload_start(Reload *reload, Config **ret_config)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;
    _cleanup_(sources_done) Sources sources = {0};
    int r =
        load_when_still(reload->options->config_path, &sources, &reload->read, &problems, &config);

    if (r < 0 && r != -EAGAIN) {
        if (r != -EINTR)
            reload_refuse(reload, &problems, "rosterd does not start");
        return r;
    }
    if (reload_keep_in_force(reload, config) < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "out of memory: rosterd does not start");
        return -ENOMEM;
    }
    warnings_log(config, NULL);
    reload_watch(reload->watch, &sources);
    settle_use(reload->settle, &sources, r == -EAGAIN);
    *ret_config = TAKE_PTR(config);
    return 0;
}

void reload_done(Reload *reload)
{
    look_leavep(&reload->load);
    roster_readings_done(&reload->read);
    watch_free(reload->watch);
    settle_free(reload->settle);
    buf_done(&reload->errors);
    for (SettingName name = 0; name < SETTING_COUNT; name++)
        free(reload->in_force[name]);
    *reload = (Reload){0};
}

/* Logs that a set that was refused is valid again, changed or as it was before. */
static void reload_log_valid(Reload *reload)
{
    const LogFields fields = {.message_id = MESSAGE_RELOADED};

    if (reload->invalid[0])
        log_event(LOG_LEVEL_NOTICE, &fields, "%s: settings and rosters are valid again",
                  reload->options->config_path);
    reload->invalid[0] = '\0';
    reload->invalid_usec = 0;
    reload->is_unopened = false;
    buf_done(&reload->errors);
}

bool reload_is_loading(const Reload *reload)
{
    return reload->load != NULL;
}

/* One that goes from file to file is not late, however many there are. */
static void reload_note_touched(Reload *reload)
{
    char path[ASIDE_PATH_SIZE];

    look_path(reload->load, path);
    if (str_equal(path, reload->touched))
        return;
    if (reload->touched[0])
        reload->touched_usec = clock_monotonic_usec();
    str_copy(reload->touched, sizeof(reload->touched), path);
}

static bool reload_is_load_late(const Reload *reload)
{
    return reload->load && clock_monotonic_usec() - reload->touched_usec >= ASIDE_WAIT_USEC;
}

static void reload_note_late(Reload *reload)
{
    reload_note_touched(reload);
    if (reload->is_late_said || !reload_is_load_late(reload))
        return;
    reload->is_late_said = true;
    log_event(LOG_LEVEL_WARNING, NULL,
              "%s does not answer: settings and rosters are read when it does, nothing is added or "
              "deleted until then",
              reload->touched);
}

/* Without memory there is none under way, and reload_load() tells of that. */
bool reload_begin(Reload *reload, bool is_asked)
{
    reload->is_asked_again = reload->load && is_asked;
    if (!reload->load) {
        reload->is_asked = is_asked;
        reload->is_late_said = false;
        reload->touched[0] = '\0';
        reload->touched_usec = clock_monotonic_usec();
        if (look_begin_load(reload->options->config_path, &reload->read, false, &reload->load) < 0)
            return true;
    }
    if (look_wait(reload->load, RELOAD_WAIT_USEC))
        return true;
    reload_note_late(reload);
    settle_hold(reload->settle);
    return false;
}

bool reload_is_done(Reload *reload)
{
    if (!reload->load || look_wait(reload->load, 0))
        return true;
    reload_note_late(reload);
    return false;
}

bool reload_is_late(const Reload *reload)
{
    return reload_is_load_late(reload) || settle_is_late(reload->settle);
}

bool reload_trouble(const Reload *reload, char ret_text[static SETTLE_TROUBLE_SIZE])
{
    if (!reload_is_load_late(reload))
        return settle_trouble(reload->settle, ret_text);
    snprintf(ret_text, SETTLE_TROUBLE_SIZE, "%.160s does not answer", reload->touched);
    return true;
}

/* What a load got no further than the settings says nothing of rosters. */
static void reload_keep_readings(Reload *reload, RosterReadings *read)
{
    if (!read->settings[0])
        return;
    roster_readings_done(&reload->read);
    reload->read = *read;
    *read = (RosterReadings){0};
}

/* 0 or -EINVAL with a set read; -EAGAIN, nothing comes of this reading. */
static int reload_read(Reload *reload, Problems *problems, Config **ret_config)
{
    _cleanup_(config_freep) Config *config = NULL;
    _cleanup_(sources_done) Sources sources = {0};
    _cleanup_(roster_readings_done) RosterReadings read = {0};
    bool is_asked = reload->is_asked;
    int r = -ENOMEM;

    if (reload->load)
        r = look_end_load(TAKE_PTR(reload->load), &sources, &read, problems, &config);
    reload_keep_readings(reload, &read);
    malloc_trim(0);
    if (r == -ENOMEM) {
        log_event(LOG_LEVEL_ERR, NULL, "settings and rosters cannot be read: out of memory; %s",
                  "nothing is added or deleted until they are");
        settle_put_off(reload->settle);
        return -EAGAIN;
    }
    if (!is_asked && !settle_accepts(reload->settle, &sources))
        return -EAGAIN;
    reload_watch(reload->watch, &sources);
    settle_use(reload->settle, &sources, is_asked);
    *ret_config = TAKE_PTR(config);
    return r;
}

void reload_log_set(const Config *config)
{
    log_event(LOG_LEVEL_INFO, NULL, "the set of rosters is %s%s%s", config->set.digest,
              config->set.head[0] ? ", of commit " : "", config->set.head);
}

/* The same set, perhaps in other files or on other lines, which errors cite. */
static void reload_keep_places(Config *old, Config *new)
{
    if (config_take_places(old, new) < 0)
        log_event(LOG_LEVEL_WARNING, NULL,
                  "out of memory: messages may name the places of before in rosters");
}

static int reload_open(Reload *reload, const State *state, Config *config,
                       Controller **ret_controller)
{
    _cleanup_(config_freep) Config *owned = config;
    Err err = {0};
    int r = control_check(config, &err);

    if (r >= 0)
        r = destination_check(config, &err);
    if (r >= 0)
        r = controller_new(reload->event, TAKE_PTR(owned), reload->options->dry_run, state->store,
                           &state->err, ret_controller, &err);
    if (r >= 0)
        return 0;
    reload->is_unopened = true;
    reload_note_invalid(reload);
    str_copy(reload->invalid, sizeof(reload->invalid), err.text);
    buf_done(&reload->errors);
    buf_puts(&reload->errors, err.text);
    log_event(LOG_LEVEL_ERR, NULL, "%s; the last good settings and rosters stay in force",
              err.text);
    return -EINVAL;
}

static int reload_take(Reload *reload, const State *state, Config *old, Controller **ret_controller)
{
    const LogFields fields = {.message_id = MESSAGE_RELOADED, .action = "same"};
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;
    bool is_asked = reload->is_asked;
    int changes, r = reload_read(reload, &problems, &config);

    if (r == -EINVAL)
        reload_refuse(reload, &problems, "the last good settings and rosters stay in force");
    if (r < 0)
        return r;
    changes = compare_configs(old, config, reload_on_change, NULL);
    if (changes == 0 && is_asked)
        log_event(LOG_LEVEL_INFO, &fields,
                  "reload: nothing has changed in settings and rosters, secrets are read again");
    if (changes != 0)
        reload_log_set(config);
    reload_log_restart(reload, old, config);
    warnings_log(config, is_asked ? NULL : old);
    if (changes == 0 && !is_asked)
        reload_keep_places(old, config);
    else
        r = reload_open(reload, state, TAKE_PTR(config), ret_controller);
    if (r >= 0)
        reload_log_valid(reload);
    return r;
}

/* What is in force, and what was read last, are not to take the memory of two sets. */
int reload_load(Reload *reload, const State *state, Config *old, Controller **ret_controller)
{
    int r = reload_take(reload, state, old, ret_controller);

    if (!*ret_controller)
        roster_readings_keep_shared(&reload->read, old);
    return r;
}
