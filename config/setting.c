/* SPDX-License-Identifier: MIT */
#include "config/setting.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "config/config.h"
#include "daemon/base/duration.h"

#define SECTION_TOP ""
#define SECTION_RETRY "retry."
#define SECTION_LIMITS "limits."

static const SettingRow rows[SETTING_COUNT] = {
#define SETTING_ROW(constant, key_, kind_, section, low, high, usual, rule_, reload_, sentence)    \
    [SETTING_##constant] = {.key = #key_,                                                          \
                            .path = SECTION_##section #key_,                                       \
                            .help = sentence,                                                      \
                            .kind = SETTING_IS_##kind_,                                            \
                            .least = low,                                                          \
                            .most = high,                                                          \
                            .preset = usual,                                                       \
                            .rule = SETTING_RULE_##rule_,                                          \
                            .reload = reload_},
    SETTING_ROWS(SETTING_ROW)
#undef SETTING_ROW
};

static const size_t places[SETTING_COUNT] = {
#define SETTING_OFFSET(constant, key, kind, section, ...)                                          \
    [SETTING_##constant] = offsetof(Config, SETTING_PLACE(key, kind, section)),
    SETTING_ROWS(SETTING_OFFSET)
#undef SETTING_OFFSET
};

static const size_t channel_places[SETTING_COUNT] = {
#define SETTING_CHANNEL_OFFSET(constant, key, kind, section, low, high, usual, rule, ...)          \
    SETTING_OF_ROSTER(                                                                             \
        rule, [SETTING_##constant] = offsetof(RosterChannel, SETTING_MEMBER_##kind(key)), )
    SETTING_ROWS(SETTING_CHANNEL_OFFSET)
#undef SETTING_CHANNEL_OFFSET
};

const SettingRow *setting_row(SettingName name)
{
    assert(name < SETTING_COUNT);
    return &rows[name];
}

static uint64_t setting_read(SettingKind kind, const char *place)
{
    uint64_t duration;
    uint32_t count;
    Mode mode;

    assert(kind != SETTING_IS_PATH);
    switch (kind) {
    case SETTING_IS_COUNT:
        memcpy(&count, place, sizeof(count));
        return count;
    case SETTING_IS_MODE:
        memcpy(&mode, place, sizeof(mode));
        return mode;
    case SETTING_IS_DURATION:
    case SETTING_IS_PATH:
        break;
    }
    memcpy(&duration, place, sizeof(duration));
    return duration;
}

uint64_t setting_get(const Config *config, SettingName name)
{
    return setting_read(setting_row(name)->kind, (const char *)config + places[name]);
}

uint64_t setting_get_of_channel(const RosterChannel *channel, SettingName name)
{
    assert(rows[name].rule != SETTING_RULE_HOST);
    return setting_read(setting_row(name)->kind, (const char *)channel + channel_places[name]);
}

void setting_take_defaults(RosterChannel *channel, const Config *config)
{
#define SETTING_TAKE(constant, key, kind, section, low, high, usual, rule, ...)                    \
    SETTING_OF_ROSTER(rule,                                                                        \
                      channel->SETTING_MEMBER_##kind(key) = config->SETTING_MEMBER_##kind(key);)
    SETTING_TOP_ROWS(SETTING_TAKE)
#undef SETTING_TAKE
}

bool setting_is_between(SettingName name, uint64_t value)
{
    return name == SETTING_QUARANTINE && value > 0 && value < SETTING_GAP(QUARANTINE);
}

bool setting_may_become(SettingName name, uint64_t settings_value, uint64_t roster_value)
{
    switch (setting_row(name)->rule) {
    case SETTING_RULE_MILDER:
        return mode_is_milder((Mode)roster_value, (Mode)settings_value);
    case SETTING_RULE_MORE:
        return roster_value >= settings_value;
    case SETTING_RULE_LESS:
        return roster_value <= settings_value;
    case SETTING_RULE_HOST:
        break;
    }
    assert(rows[name].rule != SETTING_RULE_HOST);
    return false;
}

void setting_print_value(SettingName name, uint64_t value, Buf *buf)
{
    char duration[DURATION_TEXT_SIZE];

    switch (setting_row(name)->kind) {
    case SETTING_IS_COUNT:
        buf_printf(buf, "%" PRIu64, value);
        break;
    case SETTING_IS_DURATION:
        duration_format(value, duration);
        buf_puts(buf, duration);
        break;
    case SETTING_IS_MODE:
        buf_puts(buf, mode_text((Mode)value));
        break;
    case SETTING_IS_PATH:
        break;
    }
}

void setting_print(const Config *config, SettingName name, Buf *buf)
{
    const char *path;

    if (setting_row(name)->kind != SETTING_IS_PATH) {
        setting_print_value(name, setting_get(config, name), buf);
        return;
    }
    memcpy(&path, (const char *)config + places[name], sizeof(path));
    if (path)
        buf_puts(buf, path);
}
