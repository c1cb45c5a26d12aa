/* SPDX-License-Identifier: MIT */
/* rosterd.yaml(5) and the example file against the tables: each key has its item, each setting and
 * each guard its bounds and its default, as numbers and durations are read. */
#include "tests/unit/document.h"
#include "tests/unit/test_config.h"

#include <ctype.h>

#include "config/roster/roster.h"
#include "config/settings/settings.h"
#include "daemon/base/duration.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"

#define MANUAL "config/rosterd.yaml.5"
#define EXAMPLE "systemd/rosterd.yaml.example"
#define DAEMON_MANUAL "daemon/rosterd.8"
#define WORDS_MAX 4096

static Buf manual, example, daemon_manual;

static int read_documents(void **state)
{
    (void)state;
    return document_read(MANUAL, &manual) | document_read(EXAMPLE, &example) |
           document_read(DAEMON_MANUAL, &daemon_manual);
}

static int drop_documents(void **state)
{
    (void)state;
    buf_done(&manual);
    buf_done(&example);
    buf_done(&daemon_manual);
    return 0;
}

/* ---- the manual ---- */

/* The words of an item, without macros and what stands around words. */
typedef struct Item {
    Buf text;
    const char *words[WORDS_MAX];
    size_t count;
} Item;

static void item_done(Item *item)
{
    buf_done(&item->text);
}

static void split_words(Item *item)
{
    char *rest, *word;

    for (word = strtok_r(item->text.data, " \n,;:()", &rest); word;
         word = strtok_r(NULL, " \n,;:()", &rest)) {
        size_t length = strlen(word);

        if (word[0] == '.' || (length == 2 && isupper((unsigned char)word[0])))
            continue;
        if (length > 1 && word[length - 1] == '.')
            word[length - 1] = '\0';
        assert_true(item->count < WORDS_MAX);
        item->words[item->count++] = word;
    }
}

/* Whether a line begins the item of a key: ".It Ic key", ".It Ic key , other". */
static bool begins_item(const char *line, size_t length, const char *key)
{
    char copy[256], *rest, *word;

    if (!str_has_prefix(line, ".It Ic ") || length >= sizeof(copy))
        return false;
    memcpy(copy, line, length);
    copy[length] = '\0';
    for (word = strtok_r(copy + 7, " ,", &rest); word; word = strtok_r(NULL, " ,", &rest)) {
        if (str_equal(word, key))
            return true;
    }
    return false;
}

static const char *find_item(const char *from, const char *key)
{
    for (const char *line = from, *end; *line; line = end + (*end == '\n')) {
        end = strchrnul(line, '\n');
        if (begins_item(line, (size_t)(end - line), key))
            return end + (*end == '\n');
    }
    return NULL;
}

/* What follows up to the next item, or the end of the list. */
static void take_item(const char *text, Item *item)
{
    for (const char *line = text, *end; *line; line = end + (*end == '\n')) {
        end = strchrnul(line, '\n');
        if (str_has_prefix(line, ".It") || str_has_prefix(line, ".El") ||
            str_has_prefix(line, ".Bl"))
            break;
        buf_append(&item->text, line, (size_t)(end - line) + (*end == '\n'));
    }
    split_words(item);
}

/* The item of a key below a heading or another item; reports one that is missing. */
static void get_item(const char *heading, const char *parent, const char *key, Item *item)
{
    const char *text = strstr(buf_text(&manual), heading);

    if (text && parent[0])
        text = find_item(text, parent);
    if (text)
        text = find_item(text, key);
    if (!text) {
        fail_msg(MANUAL ": no item for %s%s%s", parent, parent[0] ? "." : "", key);
        return;
    }
    take_item(text, item);
}

static bool is_value(const char *word, bool is_duration, uint64_t value)
{
    uint64_t read;

    if (!is_duration && value == GUARD_OFF)
        return str_equal(word, "off");
    return (is_duration ? duration_parse(word, &read) : str_parse_uint(word, UINT64_MAX, &read)) ==
               0 &&
           read == value;
}

static void expect_numbers(const char *name, const Item *item, bool is_duration, uint64_t least,
                           uint64_t most, uint64_t preset)
{
    bool has_bounds = false, has_preset = false;

    for (size_t i = 0; i + 1 < item->count; i++) {
        const char *const *words = &item->words[i];

        has_bounds |= i + 2 < item->count && is_value(words[0], is_duration, least) &&
                      str_equal(words[1], "to") && is_value(words[2], is_duration, most);
        has_preset |= str_equal(words[0], "default") && is_value(words[1], is_duration, preset);
    }
    if (!has_bounds)
        fail_msg(MANUAL ": %s: its bounds are not there as LEAST to MOST", name);
    if (!has_preset)
        fail_msg(MANUAL ": %s: its default is not there as default VALUE", name);
}

static void expect_word(const char *name, const Item *item, const char *word)
{
    for (size_t i = 0; i < item->count; i++) {
        if (str_equal(item->words[i], word))
            return;
    }
    fail_msg(MANUAL ": %s: %s is not there", name, word);
}

static void check_setting(const SettingRow *row)
{
    _cleanup_(item_done) Item item = {0};
    const char *dot = strchr(row->path, '.');
    char parent[64] = "";

    if (dot)
        snprintf(parent, sizeof(parent), "%.*s", (int)(dot - row->path), row->path);
    get_item(".Sh SETTINGS\n", parent, row->key, &item);
    if (row->kind == SETTING_IS_MODE) {
        for (const SchemaChoice *choice = mode_choices; choice->word; choice++)
            expect_word(row->path, &item, choice->word);
        expect_word(row->path, &item, "Required");
    } else if (row->kind != SETTING_IS_PATH) {
        expect_numbers(row->path, &item, row->kind == SETTING_IS_DURATION, row->least, row->most,
                       row->preset);
    }
}

static void test_the_manual_has_each_setting(void **state)
{
    (void)state;
    for (SettingName name = 0; name < SETTING_COUNT; name++)
        check_setting(setting_row(name));
}

static void test_the_manual_has_each_guard(void **state)
{
    (void)state;
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        _cleanup_(item_done) Item item = {0};
        const GuardRow *row = guards_row(name);

        if (row->is_fixed) {
            assert_non_null(strstr(strstr(buf_text(&manual), ".Ss Guards\n"), row->name));
            continue;
        }
        get_item(".Ss Guards\n", "", row->name, &item);
        expect_numbers(row->name, &item, false, row->least, row->most, row->preset);
        if (row->may_be_off)
            expect_word(row->name, &item, "off");
    }
}

/* Whether a word is marked as a key somewhere. */
static bool names_key(const char *key)
{
    for (const char *line = buf_text(&manual), *end; *line; line = end + (*end == '\n')) {
        end = strchrnul(line, '\n');
        if (str_has_prefix(line, ".It Ic ") || str_has_prefix(line, ".Ic ")) {
            _cleanup_(item_done) Item item = {0};

            buf_append(&item.text, line, (size_t)(end - line));
            split_words(&item);
            for (size_t i = 0; i < item.count; i++) {
                if (str_equal(item.words[i], key))
                    return true;
            }
        }
    }
    return false;
}

static void check_keys(const Schema *schema)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (!names_key(schema->keys[i].name))
            fail_msg(MANUAL ": the key %s is nowhere", schema->keys[i].name);
        if (schema->keys[i].section)
            check_keys(schema->keys[i].section);
    }
}

static void test_the_manual_names_each_key(void **state)
{
    (void)state;
    check_keys(&settings_schema);
    check_keys(&roster_schema);
}

/* ---- the example ---- */

/* Whether "key:" stands in it as a word, in a comment as well. */
static bool example_has(const char *key)
{
    size_t length = strlen(key);

    for (const char *at = strstr(buf_text(&example), key); at; at = strstr(at + 1, key)) {
        bool begins =
            at == buf_text(&example) || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');

        if (begins && at[length] == ':')
            return true;
    }
    return false;
}

static void test_the_example_shows_all_defaults(void **state)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;

    (void)state;
    assert_int_equal(config_load(EXAMPLE, &problems, &config), 0);
    for (SettingName name = 0; name < SETTING_COUNT; name++) {
        const SettingRow *row = setting_row(name);

        if (!example_has(row->key))
            fail_msg(EXAMPLE ": %s is not there", row->path);
        if (row->kind != SETTING_IS_MODE && row->kind != SETTING_IS_PATH &&
            setting_get(config, name) != row->preset)
            fail_msg(EXAMPLE ": %s is not its default", row->path);
    }
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        const GuardRow *row = guards_row(name);

        if (!row->is_fixed && !example_has(row->name))
            fail_msg(EXAMPLE ": %s is not there", row->name);
        if (guards_limit(&config->guards, name) != row->preset)
            fail_msg(EXAMPLE ": %s is not its default", row->name);
    }
}

/* ---- words of the log ---- */

/* Whether what stands between two marks has a word. */
static void expect_between(const char *name, const Buf *document, const char *from,
                           const char *until, const char *word)
{
    _cleanup_(item_done) Item item = {0};
    const char *start = strstr(buf_text(document), from), *end;

    assert_non_null(start);
    start += strlen(from);
    end = strstr(start, until);
    assert_non_null(end);
    buf_append(&item.text, start, (size_t)(end - start));
    for (char *c = item.text.data; *c; c++)
        *c = *c == '"' ? ' ' : *c;
    split_words(&item);
    for (size_t i = 0; i < item.count; i++) {
        if (str_equal(item.words[i], word))
            return;
    }
    fail_msg("%s: %s is not there", name, word);
}

static void expect_log_word(const char *option, const char *word)
{
    char item[64];

    snprintf(item, sizeof(item), ".It Fl -%s Ar", option);
    expect_between(DAEMON_MANUAL, &daemon_manual, item, ".It", word);
}

static void test_the_words_of_the_log_stand_in_the_manual(void **state)
{
    (void)state;
#define EXPECT_LEVEL(constant, word, number) expect_log_word("log-level", #word);
    LOG_LEVEL_ROWS(EXPECT_LEVEL)
#define EXPECT_FORMAT(constant, word) expect_log_word("log-format", #word);
    LOG_FORMAT_ROWS(EXPECT_FORMAT)
    assert_string_equal(LOG_LEVEL_WORDS, "err, warning, notice, info, debug");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_manual_has_each_setting),
        cmocka_unit_test(test_the_manual_has_each_guard),
        cmocka_unit_test(test_the_manual_names_each_key),
        cmocka_unit_test(test_the_example_shows_all_defaults),
        cmocka_unit_test(test_the_words_of_the_log_stand_in_the_manual),
    };

    return cmocka_run_group_tests(tests, read_documents, drop_documents);
}
