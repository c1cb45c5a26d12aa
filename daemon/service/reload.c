/* SPDX-License-Identifier: MIT */
#include "daemon/service/reload_internal.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/cli/load.h"
#include "daemon/control/control.h"
#include "daemon/log/message_ids.h"
#include "daemon/log/warnings.h"
#include "daemon/notify/destination.h"

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
    controller_free(reload->opening);
    sources_done(&reload->opened);
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
    return reload->load || reload->opening;
}

bool reload_is_opening(const Reload *reload)
{
    return reload->opening != NULL;
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
    reload->is_asked_again = reload_is_loading(reload) && is_asked;
    if (reload->opening)
        return false;
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

/* The files of this reading are the ones that others differ from, from now on. */
static void reload_use(Reload *reload, Sources *sources)
{
    reload_watch(reload->watch, sources);
    settle_use(reload->settle, sources, reload->is_asked);
}

/* 0 or -EINVAL with a set read, of these files; -EAGAIN, nothing comes of this reading. */
static int reload_read(Reload *reload, Problems *problems, Sources *ret_sources,
                       Config **ret_config)
{
    _cleanup_(config_freep) Config *config = NULL;
    _cleanup_(sources_done) Sources sources = {0};
    _cleanup_(roster_readings_done) RosterReadings read = {0};
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
    if (!reload->is_asked && !settle_accepts(reload->settle, &sources))
        return -EAGAIN;
    *ret_sources = sources;
    sources = (Sources){0};
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

static int reload_refuse_unopened(Reload *reload, const Err *err)
{
    reload->is_unopened = true;
    reload_note_invalid(reload);
    str_copy(reload->invalid, sizeof(reload->invalid), err->text);
    buf_done(&reload->errors);
    buf_puts(&reload->errors, err->text);
    log_event(LOG_LEVEL_ERR, NULL, "%s; the last good settings and rosters stay in force",
              err->text);
    return -EINVAL;
}

/* Reads the secrets of some instances more. */
static int reload_open_part(Reload *reload, Controller **ret_controller)
{
    _cleanup_(controller_freep) Controller *controller = NULL;
    Err err = {0};
    int r = controller_read(reload->opening, CONTROLLER_INSTANCES_AT_ONCE, &err);

    if (r > 0)
        return -EINPROGRESS;
    controller = TAKE_PTR(reload->opening);
    reload_use(reload, &reload->opened);
    if (r < 0)
        return reload_refuse_unopened(reload, &err);
    reload_log_valid(reload);
    *ret_controller = TAKE_PTR(controller);
    return 0;
}

static int reload_open(Reload *reload, const State *state, Config *config, Sources *sources,
                       Controller **ret_controller)
{
    _cleanup_(config_freep) Config *owned = config;
    Err err = {0};
    int r = control_check(config, &err);

    assert(!reload->opening);
    if (r >= 0)
        r = destination_check(config, &err);
    if (r >= 0)
        r = controller_make(reload->event, TAKE_PTR(owned), reload->options->dry_run, state->store,
                            &state->err, &reload->opening, &err);
    if (r < 0) {
        reload_use(reload, sources);
        return reload_refuse_unopened(reload, &err);
    }
    reload->opened = *sources;
    *sources = (Sources){0};
    if (reload->opening->config->instance_count <= CONTROLLER_INSTANCES_AT_ONCE)
        return reload_open_part(reload, ret_controller);
    /* Until all are read, the files count as ones that are not: nothing is changed by the set in
     * force. */
    if (!settle_is_waiting(reload->settle))
        settle_hold(reload->settle);
    return -EINPROGRESS;
}

static int reload_take(Reload *reload, const State *state, Config *old, Controller **ret_controller)
{
    const LogFields fields = {.message_id = MESSAGE_RELOADED, .action = "same"};
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;
    _cleanup_(sources_done) Sources sources = {0};
    bool is_asked = reload->is_asked;
    int changes, r = reload_read(reload, &problems, &sources, &config);

    if (r == -EINVAL) {
        reload_use(reload, &sources);
        reload_refuse(reload, &problems, "the last good settings and rosters stay in force");
    }
    if (r < 0)
        return r;
    changes = reload_compare(old, config);
    if (changes == 0 && is_asked)
        log_event(LOG_LEVEL_INFO, &fields,
                  "reload: nothing has changed in settings and rosters, secrets are read again");
    if (changes != 0)
        reload_log_set(config);
    reload_log_restart(reload, old, config);
    warnings_log(config, is_asked ? NULL : old);
    if (changes != 0 || is_asked)
        return reload_open(reload, state, TAKE_PTR(config), &sources, ret_controller);
    reload_use(reload, &sources);
    reload_keep_places(old, config);
    reload_log_valid(reload);
    return 0;
}

/* What is in force, and what was read last, are not to take the memory of two sets. */
int reload_load(Reload *reload, const State *state, Config *old, Controller **ret_controller)
{
    int r = reload->opening ? reload_open_part(reload, ret_controller)
                            : reload_take(reload, state, old, ret_controller);

    if (!*ret_controller && r != -EINPROGRESS)
        roster_readings_keep_shared(&reload->read, old);
    return r;
}

void reload_use_store(Reload *reload, Store *store)
{
    if (reload->opening)
        controller_use_store(reload->opening, store);
}
