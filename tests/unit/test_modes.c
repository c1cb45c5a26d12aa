/* SPDX-License-Identifier: MIT */
/* What modes let be done, which is milder, and where guards refuse: each against each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/guards.h"
#include "config/mode.h"
#include "config/setting.h"
#include "daemon/base/mem.h"

static void what_a_mode_may(void **state)
{
    static const struct {
        Mode mode;
        const char *word;
        bool deletes, adds;
    } modes[] = {
        {MODE_PRUNE, "prune", true, false},
        {MODE_ADD, "add", false, true},
        {MODE_SYNC, "sync", true, true},
        {MODE_OBSERVE, "observe", false, false},
    };

    (void)state;
    assert_int_equal(ELEMENTS(modes), MODE_COUNT);
    for (size_t i = 0; i < MODE_COUNT; i++) {
        assert_string_equal(mode_text(modes[i].mode), modes[i].word);
        assert_int_equal(mode_may(modes[i].mode, MODE_DELETES), modes[i].deletes);
        assert_int_equal(mode_may(modes[i].mode, MODE_ADDS), modes[i].adds);
        assert_int_equal(mode_may(modes[i].mode, MODE_DELETES | MODE_ADDS),
                         modes[i].deletes && modes[i].adds);
        for (size_t k = 0; k < MODE_COUNT; k++) {
            bool is_milder = modes[i].deletes <= modes[k].deletes && modes[i].adds <= modes[k].adds;

            assert_int_equal(mode_is_milder(modes[i].mode, modes[k].mode), is_milder);
            assert_int_equal(setting_may_become(SETTING_MODE, modes[k].mode, modes[i].mode),
                             is_milder);
        }
    }
}

/* A roster may ask for a longer quarantine, or none but of a second and more. */
static void what_a_roster_may_say(void **state)
{
    static const struct {
        uint64_t settings_usec, roster_usec;
        bool may, is_between;
    } rows[] = {
        {0, 0, true, false},
        {0, 1, true, true},
        {0, USEC_PER_SEC - 1, true, true},
        {0, USEC_PER_SEC, true, false},
        {USEC_PER_HOUR, USEC_PER_HOUR - 1, false, false},
        {USEC_PER_HOUR, USEC_PER_HOUR, true, false},
        {USEC_PER_HOUR, USEC_PER_HOUR + 1, true, false},
        {USEC_PER_HOUR, 0, false, false},
    };

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        assert_int_equal(
            setting_may_become(SETTING_QUARANTINE, rows[i].settings_usec, rows[i].roster_usec),
            rows[i].may);
        assert_int_equal(setting_is_between(SETTING_QUARANTINE, rows[i].roster_usec),
                         rows[i].is_between);
        assert_false(setting_is_between(SETTING_SETTLE, rows[i].roster_usec));
    }
}

static void where_guards_refuse(void **state)
{
    (void)state;
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        const GuardRow *row = guards_row(name);
        bool at_most = row->holds == GUARD_AT_MOST, at_least = row->holds == GUARD_AT_LEAST;

        assert_ptr_equal(guards_find(row->name), row);
        assert_int_equal(guards_refuse(name, 5, 4), at_least);
        assert_int_equal(guards_refuse(name, 5, 5), row->holds == GUARD_BELOW);
        assert_int_equal(guards_refuse(name, 5, 6), !at_least);
        assert_int_equal(guards_refuse(name, 0, 0), row->holds == GUARD_BELOW);
        if (at_most)
            assert_false(guards_refuse(name, GUARD_OFF, UINT64_MAX));
        assert_true(guards_is_as_strict(name, 5, 5));
        assert_int_equal(guards_is_as_strict(name, 6, 5), at_least);
        assert_int_equal(guards_is_as_strict(name, 4, 5), !at_least);
    }
    assert_null(guards_find("max_delete"));
}

static void limits_in_force(void **state)
{
    Guards guards;

    (void)state;
    for (GuardName name = 0; name < GUARD_COUNT; name++)
        guards.limits[name] = 70 + name;
    for (GuardName name = 0; name < GUARD_COUNT; name++) {
        const GuardRow *row = guards_row(name);
        bool is_fixed = name == GUARD_FIGHT || name == GUARD_ROSTER || name == GUARD_LEASE ||
                        name == GUARD_HANDOVER;

        assert_int_equal(row->is_fixed, is_fixed);
        assert_int_equal(guards_limit(&guards, name), is_fixed ? row->preset : 70 + name);
        assert_int_equal(guards_is_of_hosts(row), is_fixed && name != GUARD_FIGHT);
        assert_int_equal(row->may_be_off,
                         name == GUARD_MAX_DELETES_TOTAL || name == GUARD_MAX_CHANNELS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_mode_may),
        cmocka_unit_test(what_a_roster_may_say),
        cmocka_unit_test(where_guards_refuse),
        cmocka_unit_test(limits_in_force),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
