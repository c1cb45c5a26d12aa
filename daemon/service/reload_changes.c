/* SPDX-License-Identifier: MIT */
/* What a reload tells of a set that is not the one in force. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/load/compare.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/log/message_ids.h"
#include "daemon/service/reload_internal.h"

#define RELOAD_INSTANCE_SIZE 128

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
void reload_log_restart(const Reload *reload, const Config *old, const Config *new)
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

int reload_keep_in_force(Reload *reload, const Config *config)
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

int reload_compare(const Config *old, const Config *new)
{
    return compare_configs(old, new, reload_on_change, NULL);
}
