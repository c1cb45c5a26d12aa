/* SPDX-License-Identifier: MIT */
/* The switches of an instance, by the names that the state file and the admin interface use. */
#include "tests/romasim/settings.h"

#include <stddef.h>
#include <string.h>

typedef struct Setting {
    const char *key;
    size_t offset;
    const char *words[6]; /* none: a number of 0 or more */
} Setting;

#define AT(field) offsetof(Settings, field)

static const Setting settings[] = {
    {"eventual_ms", AT(eventual_msec), {NULL}},
    {"eventual_add_ms", AT(eventual_add_msec), {NULL}},
    {"eventual_update_ms", AT(eventual_update_msec), {NULL}},
    {"eventual_switch_ms", AT(eventual_switch_msec), {NULL}},
    {"change_ms", AT(change_msec), {NULL}},
    {"quota", AT(quota), {NULL}},
    {"page_max", AT(page_max), {NULL}},
    {"posted_max", AT(posted_max), {NULL}},
    {"batch_max", AT(batch_max), {NULL}},
    {"left_out_fields", AT(keeps_left_out), {"reset", "kept"}},
    {"missing_group", AT(creates_groups), {"refused", "created"}},
    {"add_answer", AT(answers_all), {"posted", "all"}},
    {"unknown_member", AT(ignores_unknown), {"refused", "ignored"}},
    {"repeated_add", AT(refuses_repeated_add), {"taken", "refused"}},
    {"repeated_switch", AT(refuses_repeated_switch), {"taken", "refused"}},
    {"zero_port", AT(keeps_zero_port), {"resolved", "kept"}},
    {"hosts", AT(takes_ipv4_only), {"any", "ipv4"}},
    {"deleted_group", AT(keeps_members_of_groups), {"with_members", "without_members"}},
    {"zero_group_weight", AT(zero_is_weight), {"none", "given"}},
    {"no_group_weight", AT(shows_no_weight), {"left_out", "null", "zero"}},
    {"configs", AT(hides_configs), {"served", "absent"}},
    {"channel_filter",
     AT(channel_filter),
     {"exact", "ignored", "prefix", "any_case", "empty", "refused"}},
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))
#define N_WORDS (sizeof(settings[0].words) / sizeof(settings[0].words[0]))

static int *at(Settings *s, const Setting *setting)
{
    return (int *)(void *)((char *)s + setting->offset);
}

bool settings_has(const char *key)
{
    for (size_t i = 0; i < N_SETTINGS; i++)
        if (strcmp(settings[i].key, key) == 0)
            return true;
    return false;
}

static void load_word(JsonError *e, Settings *s, const Setting *setting, json_object *o)
{
    const char *word = jsonget_string(e, o, setting->key);

    for (size_t i = 0; word && i < N_WORDS && setting->words[i]; i++) {
        if (strcmp(setting->words[i], word) == 0) {
            *at(s, setting) = (int)i;
            return;
        }
    }
    jsonget_fail(e, "%s must be %s or %s", setting->key, setting->words[0], setting->words[1]);
}

void settings_load(JsonError *e, Settings *s, json_object *o)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        if (!jsonget_has(o, settings[i].key))
            continue;
        if (settings[i].words[0]) {
            load_word(e, s, &settings[i], o);
            continue;
        }
        *at(s, &settings[i]) = jsonget_int(e, o, settings[i].key, 0);
        if (*at(s, &settings[i]) < 0)
            jsonget_fail(e, "%s must be 0 or more", settings[i].key);
    }
}

void settings_render(Text *t, const Settings *s)
{
    Settings copy = *s;

    for (size_t i = 0; i < N_SETTINGS; i++) {
        int value = *at(&copy, &settings[i]);

        text_addf(t, "%s\"%s\":", i > 0 ? "," : "", settings[i].key);
        if (settings[i].words[0])
            text_add_json(t, settings[i].words[value]);
        else
            text_add_int(t, value);
    }
}
