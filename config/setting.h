/* SPDX-License-Identifier: MIT */
/*
 * The settings that are one value. Each is one row of SETTING_ROWS, and all that is said of it
 * follows from the row: its field in Config (and in RosterChannel where a roster may say it too),
 * its key with bounds, default and messages, how a roster's value merges with it, whether a reload
 * that changes it is a change, and whether it takes a restart. To add a setting: add a row, and
 * describe it in rosterd.yaml(5). The guards are rows of a table of their own (guards.h).
 *
 * The columns: its constant and its key; its kind (COUNT: uint32_t; DURATION: uint64_t, in
 * microseconds, in a field KEY_usec; MODE: Mode, required; PATH: an absolute path, NULL where the
 * settings leave it out); the map that it stands in (TOP: none); least and greatest value, and the
 * default (of a path the greatest is its size in bytes); who may say it (HOST: the settings alone;
 * MILDER, MORE, LESS: a roster too, with a milder mode, nothing less, nothing more); what a change
 * takes (SettingReload); one clause of help.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/mode.h"
#include "daemon/base/buf.h"
#include "daemon/base/clock.h"

#define SETTING_PATH_SIZE_MAX 4095U
#define SETTING_SOCKET_SIZE_MAX 107U /* sun_path in unix(7), less the NUL */

/* A test that adds a row defines this one. */
#ifndef SETTING_ROWS_MORE
#define SETTING_ROWS_MORE(ROW)
#endif

#define SETTING_TOP_ROWS(ROW)                                                                      \
    ROW(MODE, mode, MODE, TOP, 0, 0, 0, MILDER, SETTING_AT_ONCE, "what a pass may change")         \
    ROW(INTERVAL, interval, DURATION, TOP, USEC_PER_SEC, 24 * USEC_PER_HOUR, 60 * USEC_PER_SEC,    \
        HOST, SETTING_AT_ONCE, "the time between passes, with 10 % jitter")                        \
    ROW(SETTLE, settle, DURATION, TOP, 0, 10 * USEC_PER_MINUTE, 10 * USEC_PER_SEC, HOST,           \
        SETTING_AT_ONCE, "how long what was added takes effect before anything is deleted")        \
    ROW(QUARANTINE, quarantine, DURATION, TOP, 0, 30 * USEC_PER_DAY, 0, MORE, SETTING_AT_ONCE,     \
        "how long an extra is disabled before it is deleted; 0s deletes it at once")               \
    ROW(STATE_DIR, state_dir, PATH, TOP, 0, SETTING_PATH_SIZE_MAX, 0, HOST, SETTING_BY_RESTART,    \
        "the directory of the state")                                                              \
    ROW(CONTROL_SOCKET, control_socket, PATH, TOP, 0, SETTING_SOCKET_SIZE_MAX, 0, HOST,            \
        SETTING_BY_RESTART, "where the daemon listens for rosterctl")                              \
    ROW(METRICS_FILE, metrics_file, PATH, TOP, 0, SETTING_PATH_SIZE_MAX, 0, HOST, SETTING_AT_ONCE, \
        "where metrics are written after each pass, for node_exporter")                            \
    ROW(HISTORY_KEEP, history_keep, DURATION, TOP, USEC_PER_DAY, 3650 * USEC_PER_DAY,              \
        90 * USEC_PER_DAY, HOST, SETTING_AT_ONCE, "how long deletions stay in the history")        \
    SETTING_ROWS_MORE(ROW)

#define SETTING_RETRY_ROWS(ROW)                                                                    \
    ROW(RETRY_ATTEMPTS, attempts, COUNT, RETRY, 1, 20, 4, HOST, SETTING_AT_ONCE,                   \
        "how often one request is sent")                                                           \
    ROW(RETRY_BASE, base, DURATION, RETRY, USEC_PER_MSEC, USEC_PER_HOUR, USEC_PER_SEC, HOST,       \
        SETTING_AT_ONCE, "the first delay, doubled each time")                                     \
    ROW(RETRY_CAP, cap, DURATION, RETRY, USEC_PER_MSEC, USEC_PER_HOUR, 30 * USEC_PER_SEC, HOST,    \
        SETTING_AT_ONCE, "the longest delay")                                                      \
    ROW(RETRY_THROTTLE_BASE, throttle_base, DURATION, RETRY, USEC_PER_MSEC, USEC_PER_HOUR,         \
        5 * USEC_PER_SEC, HOST, SETTING_AT_ONCE, "the first delay where the service throttles")

#define SETTING_LIMITS_ROWS(ROW)                                                                   \
    ROW(LIMITS_CONCURRENCY, concurrency, COUNT, LIMITS, 1, 64, 8, HOST, SETTING_AT_ONCE,           \
        "channels side by side")                                                                   \
    ROW(LIMITS_REQUESTS_PER_SECOND, requests_per_second, COUNT, LIMITS, 0, 10000, 20, HOST,        \
        SETTING_AT_ONCE, "requests to each instance within a second; 0 is no limit")               \
    ROW(LIMITS_CONNECT_TIMEOUT, connect_timeout, DURATION, LIMITS, 100 * USEC_PER_MSEC,            \
        10 * USEC_PER_MINUTE, 15 * USEC_PER_SEC, HOST, SETTING_AT_ONCE,                            \
        "the longest time to connect")                                                             \
    ROW(LIMITS_TIMEOUT, timeout, DURATION, LIMITS, 100 * USEC_PER_MSEC, 10 * USEC_PER_MINUTE,      \
        60 * USEC_PER_SEC, HOST, SETTING_AT_ONCE, "the longest time for the whole request")        \
    ROW(LIMITS_PASS_DEADLINE, pass_deadline, DURATION, LIMITS, USEC_PER_SEC, 24 * USEC_PER_HOUR,   \
        10 * USEC_PER_MINUTE, HOST, SETTING_AT_ONCE, "the longest time for a pass")                \
    ROW(LIMITS_TOTAL_CONCURRENCY, total_concurrency, COUNT, LIMITS, 1, 1000, 200, HOST,            \
        SETTING_AT_ONCE, "requests in flight, and connections, over all instances")

#define SETTING_ROWS(ROW) SETTING_TOP_ROWS(ROW) SETTING_RETRY_ROWS(ROW) SETTING_LIMITS_ROWS(ROW)

typedef enum SettingName {
#define SETTING_CONSTANT(constant, ...) SETTING_##constant,
    SETTING_ROWS(SETTING_CONSTANT)
#undef SETTING_CONSTANT
        SETTING_COUNT,
} SettingName;

/* Expand to the name of a setting's field, to the field itself, and to its place in Config. */
#define SETTING_MEMBER_COUNT(key) key
#define SETTING_MEMBER_DURATION(key) key##_usec
#define SETTING_MEMBER_MODE(key) key
#define SETTING_MEMBER_PATH(key) key
#define SETTING_FIELD_COUNT(key) uint32_t key;
#define SETTING_FIELD_DURATION(key) uint64_t key##_usec;
#define SETTING_FIELD_MODE(key) Mode key;
#define SETTING_FIELD_PATH(key) const char *key;
#define SETTING_FIELD(constant, key, kind, ...) SETTING_FIELD_##kind(key)
#define SETTING_IN_TOP(member) member
#define SETTING_IN_RETRY(member) retry.member
#define SETTING_IN_LIMITS(member) limits.member
#define SETTING_PLACE(key, kind, section) SETTING_IN_##section(SETTING_MEMBER_##kind(key))

/* The least value of a duration that may be 0 as well, in its schema's terms; 0: each value from 0
 * on may be. */
#define SETTING_GAP(constant) (SETTING_##constant == SETTING_QUARANTINE ? USEC_PER_SEC : 0)

/* Type and bounds of its key in a schema. */
#define SETTING_KEY_COUNT(low, high) .type = SCHEMA_UINT, .min = low, .max = high
#define SETTING_KEY_DURATION(low, high) .type = SCHEMA_DURATION, .min = low, .max = high
#define SETTING_KEY_PATH(low, high) .type = SCHEMA_PATH, .max = high
#define SETTING_KEY_MODE(low, high) .type = SCHEMA_CHOICE, .choices = mode_choices

/* Expands to its arguments for a setting that a roster may say, else to nothing. */
#define SETTING_OF_ROSTER_HOST(...)
#define SETTING_OF_ROSTER_MILDER(...) __VA_ARGS__
#define SETTING_OF_ROSTER_MORE(...) __VA_ARGS__
#define SETTING_OF_ROSTER_LESS(...) __VA_ARGS__
#define SETTING_OF_ROSTER(rule, ...) SETTING_OF_ROSTER_##rule(__VA_ARGS__)
#define SETTING_ROSTER_FIELD(constant, key, kind, section, least, most, preset, rule, ...)         \
    SETTING_OF_ROSTER(rule, SETTING_FIELD_##kind(key))

typedef struct Retry {
    SETTING_RETRY_ROWS(SETTING_FIELD)
} Retry;

typedef struct Limits {
    SETTING_LIMITS_ROWS(SETTING_FIELD)
} Limits;

typedef enum SettingKind {
    SETTING_IS_COUNT,
    SETTING_IS_DURATION,
    SETTING_IS_MODE,
    SETTING_IS_PATH,
} SettingKind;

typedef enum SettingRule {
    SETTING_RULE_HOST,
    SETTING_RULE_MILDER,
    SETTING_RULE_MORE,
    SETTING_RULE_LESS,
} SettingRule;

typedef enum SettingReload {
    SETTING_AT_ONCE,    /* a reload puts it in force */
    SETTING_BY_RESTART, /* a reload only tells that it changed */
} SettingReload;

typedef struct SettingRow {
    const char *key;
    const char *path; /* of the key: "retry.attempts" */
    const char *help;
    SettingKind kind;
    uint64_t least, most, preset; /* durations in microseconds */
    SettingRule rule;
    SettingReload reload;
} SettingRow;

struct Config;
struct RosterChannel;

/* The row of a setting. */
const SettingRow *setting_row(SettingName name);

/* The value in force, of a setting that is no path. */
uint64_t setting_get(const struct Config *config, SettingName name);

/* The value in force for a channel, of a setting that a roster may say. */
uint64_t setting_get_of_channel(const struct RosterChannel *channel, SettingName name);

/* Gives a channel the values of the settings that a roster may say. */
void setting_take_defaults(struct RosterChannel *channel, const struct Config *config);

/* Whether a value is one between least and most that may not be: QUARANTINE is off, or a second and
 * more. */
bool setting_is_between(SettingName name, uint64_t value);

/* Whether a roster may say this value where the settings say the other one; of a setting that a
 * roster may say. */
bool setting_may_become(SettingName name, uint64_t settings_value, uint64_t roster_value);

/* Appends a value as the settings write it, of a setting that is no path. */
void setting_print_value(SettingName name, uint64_t value, Buf *buf);

/* Appends the value in force as the settings write it; nothing for a path that they leave out. */
void setting_print(const struct Config *config, SettingName name, Buf *buf);
