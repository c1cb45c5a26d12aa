/* SPDX-License-Identifier: MIT */
/* Rosters out of what is live: whatever that is, the roster is read as exactly that. */
#include "tests/unit/test_config.h"

#include <inttypes.h>

#include "daemon/base/str.h"
#include "daemon/json/json_parser.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/export.h"
#include "daemon/report/survey.h"
#include "reconcile/plan/plan.h"

#define SEEDS 600
#define CHANNELS_MAX 3
#define ROWS_MAX 8
#define TEXT_SIZE 300

/* ---- chance ---- */

typedef struct Chance {
    uint64_t state;
} Chance;

static uint64_t below(Chance *chance, uint64_t bound)
{
    chance->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = chance->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % bound;
}

static const char *const words[] = {"yes",
                                    "No",
                                    "on",
                                    "y",
                                    "null",
                                    "~",
                                    "1e3",
                                    "0x10",
                                    "0o7",
                                    "010",
                                    "1_000",
                                    "1:30",
                                    "12:30:45",
                                    ".inf",
                                    "-1",
                                    "1.5",
                                    "2026-11-24",
                                    "2026-11-24T10:00:00Z",
                                    "a: b",
                                    "a:",
                                    ":a",
                                    "a #b",
                                    "#",
                                    "- a",
                                    "-",
                                    "? a",
                                    "'a'",
                                    "\"a\"",
                                    "a\"b\\c",
                                    " a",
                                    "a ",
                                    "{a: b}",
                                    "[a]",
                                    "a, b",
                                    "*a",
                                    "&a",
                                    "!a",
                                    "%a",
                                    "@a",
                                    "`a",
                                    "|",
                                    ">",
                                    "=",
                                    "<<",
                                    "---",
                                    "...",
                                    "a|b*_<script>",
                                    "\xe6\x94\xaf\xe4\xbb\x98",
                                    "\xf0\x9f\x92\xb0",
                                    "\xc2\xa0",
                                    "\xc2\x85",
                                    "\xe2\x80\xa8",
                                    "\xe2\x80\xae",
                                    "\xef\xbb\xbf",
                                    "\xef\xbf\xbe",
                                    "\xef\xbf\xbf",
                                    "\xf4\x8f\xbf\xbf"};

static const char *const controls[] = {"\n",   "\r\n- x", "\n\nchannels: []\n", "\t", "\x1b[2J",
                                       "\x7f", "\b",      "\n  - id: forged"};

static void add_text(char *text, const char *more)
{
    if (strlen(text) + strlen(more) < 200)
        memcpy(text + strlen(text), more, strlen(more) + 1);
}

/* Up to some words, of which control characters are some where they may be. */
static void make_text(Chance *chance, bool may_control, char ret_text[static TEXT_SIZE])
{
    ret_text[0] = '\0';
    for (uint64_t left = below(chance, 4); left > 0; left--) {
        bool is_control = may_control && below(chance, 3) == 0;
        size_t count = is_control ? ELEMENTS(controls) : ELEMENTS(words);

        add_text(ret_text, (is_control ? controls : words)[below(chance, count)]);
    }
}

/* ---- a live channel ---- */

typedef struct Row {
    char id[16], group[TEXT_SIZE], address[64], ecs_name[TEXT_SIZE];
    uint16_t port;
    int32_t weight;
    bool is_backup, is_enabled;
} Row;

typedef struct Live {
    char id[16], name[TEXT_SIZE];
    uint16_t port;
    bool is_ecs;
    Row rows[ROWS_MAX];
    size_t count;
    char own[TEXT_SIZE]; /* a group whose weight is all its members' */
} Live;

static void make_address(Chance *chance, bool is_ecs, char ret_address[static 64])
{
    static const char *const hosts[] = {"10.0.0.%u",    "2001:DB8::%u", "::ffff:10.0.0.%u",
                                        "Host-%u.yes.", "yes",          "1e%ux.example"};
    static const char *const ids[] = {"9a5b0c2e-3f41-4a44-8a53-8c4b2f0a5d1%u",
                                      "VM:%u",
                                      "#%u",
                                      "{%u}",
                                      "1e%u",
                                      "yes",
                                      "a: %u",
                                      "\"%u"};
    const char *format =
        is_ecs ? ids[below(chance, ELEMENTS(ids) - 2)] : hosts[below(chance, ELEMENTS(hosts))];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(ret_address, 64, format, (unsigned)below(chance, 5));
#pragma GCC diagnostic pop
}

static void make_live(Chance *chance, size_t number, Live *ret_live)
{
    char groups[3][TEXT_SIZE] = {""};

    *ret_live = (Live){.port = (uint16_t)(8080 + below(chance, 2)), .is_ecs = below(chance, 2)};
    snprintf(ret_live->id, sizeof(ret_live->id), "%zue%u", number + 1, (unsigned)below(chance, 9));
    make_text(chance, true, ret_live->name);
    for (size_t i = 1; i < ELEMENTS(groups); i++) {
        make_text(chance, false, groups[i]);
        if (strstr(groups[i], "<%"))
            groups[i][0] = '\0'; /* the mark of a template, which a roster cannot say */
    }
    memcpy(ret_live->own, groups[1], TEXT_SIZE);
    ret_live->count = below(chance, ROWS_MAX + 1);
    for (size_t i = 0; i < ret_live->count; i++) {
        Row *row = &ret_live->rows[i];

        snprintf(row->id, sizeof(row->id), "m%zu", i);
        memcpy(row->group, groups[below(chance, ELEMENTS(groups))], TEXT_SIZE);
        make_address(chance, ret_live->is_ecs, row->address);
        make_text(chance, true, row->ecs_name);
        row->port = (uint16_t)(below(chance, 2) ? 8080 + below(chance, 3) : 0);
        row->weight = (int32_t)below(chance, 4) * 4000 - (below(chance, 2) ? 0 : 1);
        row->is_backup = below(chance, 2);
        row->is_enabled = below(chance, 2);
    }
}

static void put_row(JsonWriter *writer, const Live *live, const Row *row)
{
    json_open_object(writer, NULL);
    json_put_string(writer, "id", row->id);
    json_put_string(writer, live->is_ecs ? "ecs_id" : "host", row->address);
    json_put_string(writer, "ecs_name", row->ecs_name);
    json_put_string(writer, "member_group_name", row->group);
    json_put_number(writer, "port", row->port);
    if (row->weight >= 0)
        json_put_number(writer, "weight", (uint64_t)row->weight);
    json_put_bool(writer, "is_backup", row->is_backup);
    json_put_number(writer, "status", row->is_enabled ? 1 : 2);
    json_close_object(writer);
}

/* As a survey has it; the JSON is checked like any other. */
static Json *as_json(const Live *live)
{
    _cleanup_(buf_done) Buf text = {0};
    JsonWriter writer = {.buf = &text};
    Json *root = NULL;
    Err err = {0};

    json_open_object(&writer, NULL);
    json_put_text(&writer, "instance", "prod");
    json_put_text(&writer, "id", live->id);
    json_put_text(&writer, "name", live->name);
    json_put_text(&writer, "kind", live->is_ecs ? "ecs" : "ip");
    json_put_number(&writer, "port", live->port);
    json_put_text(&writer, "result", REPORT_SURVEY_LISTED);
    json_open_array(&writer, "groups");
    for (size_t i = 0; i < live->count; i++) {
        const char *group = live->rows[i].group;

        json_open_object(&writer, NULL);
        json_put_string(&writer, "name", group);
        json_put_number_if(&writer, "weight", str_equal(group, live->own), 5);
        json_close_object(&writer);
    }
    json_close_array(&writer);
    json_open_array(&writer, "members");
    for (size_t i = 0; i < live->count; i++)
        put_row(&writer, live, &live->rows[i]);
    json_close_array(&writer);
    json_close_object(&writer);
    assert_int_equal(json_end(&writer), 0);
    assert_int_equal(json_parse_once(text.data, text.size, &root, &err), 0);
    return root;
}

/* ---- the way back ---- */

static void write_roster(const Live *lives, size_t count, bool with_fields)
{
    _cleanup_(buf_done) Buf text = {0};

    report_export_append_head("prod", &text);
    for (size_t i = 0; i < count; i++) {
        _cleanup_(json_freep) Json *root = as_json(&lives[i]);
        Err err = {0};

        if (report_export_append(root, with_fields, &text, &err) < 0)
            fail_msg("%s", err.text);
    }
    for (size_t i = 0; i < text.size; i++)
        assert_true(text.data[i] == '\n' || (unsigned char)text.data[i] >= ' ');
    put_file("rosters.d/a.yaml", buf_text(&text));
}

static const char *describe(const MemberPage *page, size_t row)
{
    return page->rows[row].id;
}

static const RosterChannel *find_channel(const Config *config, const Live *live)
{
    for (size_t i = 0; i < config->channel_count; i++) {
        if (config->channels[i].id && str_equal(config->channels[i].id, live->id))
            return &config->channels[i];
    }
    fail_msg("the channel %s is gone", live->id);
    return NULL;
}

static void is_in_sync(const Config *config, const Live *live, uint64_t seed)
{
    const RosterChannel *roster = find_channel(config, live);
    ChannelGroup groups[ROWS_MAX];
    MemberRow rows[ROWS_MAX];
    const ChannelRow row = {
        .id = live->id, .tells_groups = true, .groups = groups, .group_count = live->count};
    const MemberPage page = {
        .total = live->count, .rows = rows, .row_count = live->count, .describe = describe};
    Desired desired;
    Diff diff;
    Plan plan;
    Err err = {0};

    for (size_t i = 0; i < live->count; i++) {
        const Row *one = &live->rows[i];

        groups[i] =
            (ChannelGroup){one->group, str_equal(one->group, live->own) ? 5 : OPS_WEIGHT_NONE};
        rows[i] = (MemberRow){.id = one->id,
                              .channel_id = live->id,
                              .host = live->is_ecs ? "" : one->address,
                              .ecs_id = live->is_ecs ? one->address : "",
                              .group = one->group,
                              .port = one->port,
                              .fields = {one->weight, one->is_backup, one->is_enabled}};
    }
    if (desired_init(&desired, roster, live->port, live->is_ecs, &err) < 0)
        fail_msg("seed %" PRIu64 ": %s", seed, err.text);
    desired.row = &row;
    assert_int_equal(diff_init(&diff, &desired, live->id, live->is_ecs), 0);
    if (diff_add_page(&diff, &page, 0, &err) < 0)
        fail_msg("seed %" PRIu64 ": %s", seed, err.text);
    plan_make(&diff, MODE_SYNC, &plan);
    if (plan.extra_count + plan.missing_count + plan.changed_count > 0)
        fail_msg("seed %" PRIu64 ", channel %s: %zu extra, %zu missing, %zu changed", seed,
                 live->id, plan.extra_count, plan.missing_count, plan.changed_count);
    diff_done(&diff);
    desired_done(&desired);
}

static void round_trip(uint64_t seed)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;
    _cleanup_(buf_done) Buf printed = {0};
    Chance chance = {seed};
    Live lives[CHANNELS_MAX];
    size_t count = 1 + below(&chance, CHANNELS_MAX);

    for (size_t i = 0; i < count; i++)
        make_live(&chance, i, &lives[i]);
    write_roster(lives, count, below(&chance, 2));
    if (config_load("s.yaml", &problems, &config) < 0) {
        problems_print(&problems, &printed);
        fail_msg("seed %" PRIu64 ": %s", seed, buf_text(&printed));
    }
    assert_int_equal(config->channel_count, count);
    for (size_t i = 0; i < count; i++)
        is_in_sync(config, &lives[i], seed);
}

static void what_is_live_comes_back(void **state)
{
    (void)state;
    put_file("s.yaml", "version: 1\nmode: sync\n" INSTANCES);
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        round_trip(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_live_comes_back, enter_directory, leave_directory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
