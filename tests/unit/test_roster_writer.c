/* SPDX-License-Identifier: MIT */
/* What a roster can say of a member, and how it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "config/roster/roster_writer.h"
#include "daemon/base/mem.h"

#define ALL                                                                                        \
    (ROSTER_MEMBER_WEIGHT | ROSTER_MEMBER_BACKUP | ROSTER_MEMBER_ENABLED | ROSTER_MEMBER_ECS_NAME)

typedef struct Written {
    RosterWriterMember member;
    const char *line;
} Written;

static const Written written[] = {
    {{.group = "", .address = "10.0.0.1"}, "10.0.0.1"},
    {{.group = "", .address = "10.0.0.1", .port = 1}, "10.0.0.1:1"},
    {{.group = "", .address = "10.0.0.1", .port = 65535, .comment = "web"}, "10.0.0.1:65535 # web"},
    {{.group = "", .address = "web.example", .port = 80}, "web.example:80"},
    {{.group = "", .address = "2001:db8::8"}, "\"[2001:db8::8]\""},
    {{.group = "", .address = "2001:db8::8", .port = 80}, "\"[2001:db8::8]:80\""},
    {{.group = "a", .address = "10.0.0.1"}, "{host: 10.0.0.1, group: a}"},
    {{.group = "a b", .address = "2001:db8::8", .port = 1},
     "{host: \"[2001:db8::8]\", port: 1, group: \"a b\"}"},
    {{.group = "", .address = "10.0.0.1", .states = ROSTER_MEMBER_WEIGHT},
     "{host: 10.0.0.1, weight: 0}"},
    {{.group = "", .address = "10.0.0.1", .states = ROSTER_MEMBER_BACKUP},
     "{host: 10.0.0.1, backup: false}"},
    {{.group = "", .address = "10.0.0.1", .states = ROSTER_MEMBER_ENABLED},
     "{host: 10.0.0.1, enabled: false}"},
    {{.group = "", .address = "e:1", .is_ecs = true}, "{ecs_id: \"e:1\"}"},
    {{.group = "g",
      .address = "e1",
      .is_ecs = true,
      .port = 8080,
      .states = ALL,
      .weight = 10000,
      .backup = true,
      .enabled = true,
      .ecs_name = "web 1",
      .comment = "m1"},
     "{ecs_id: e1, port: 8080, group: g, ecs_name: \"web 1\", weight: 10000, backup: true, "
     "enabled: "
     "true} # m1"},
};

static void each_member_as_it_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ELEMENTS(written); i++) {
        _cleanup_(buf_done) Buf buf = {0}, expected = {0};
        Err err = {0};

        assert_int_equal(roster_writer_check(&written[i].member, &err), 0);
        roster_writer_put_member(&buf, &written[i].member);
        buf_printf(&expected, "      - %s\n", written[i].line);
        assert_string_equal(buf_text(&buf), buf_text(&expected));
    }
}

static void heads_and_channels(void **state)
{
    _cleanup_(buf_done) Buf buf = {0};

    (void)state;
    roster_writer_put_head(&buf, "yes");
    roster_writer_put_channel(&buf, "c1", "", false);
    roster_writer_put_channel(&buf, "7", "pay\nments", true);
    assert_string_equal(buf_text(&buf), "version: 1\n"
                                        "instance: \"yes\"\n"
                                        "channels:\n"
                                        "  - id: c1\n"
                                        "    members:\n"
                                        "  - id: \"7\" # pay<U+000A>ments\n"
                                        "    allow_empty: true\n"
                                        "    members: []\n");
}

/* `text` is what is told; NULL: the roster can say it. */
static void expect_told(bool is_ecs, const char *address, const char *group, const char *text)
{
    const RosterWriterMember member = {.group = group, .address = address, .is_ecs = is_ecs};
    Err err = {0};
    int r = roster_writer_check(&member, &err);

    assert_int_equal(r, text ? -EINVAL : 0);
    assert_string_equal(err.text, text ? text : "");
}

/* So many of one character, which may take several bytes. */
static const char *repeat(const char *character, size_t count)
{
    static char text[2000];

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * strlen(character), character, strlen(character) + 1);
    return text;
}

static void what_a_roster_cannot_say(void **state)
{
    char told[600];

    (void)state;
    expect_told(false, "10.0.0.1", repeat("\xc3\xa9", 64), NULL);
    snprintf(told, sizeof(told),
             "a roster cannot name the group %s: it must be 1 to 64 characters without control "
             "characters and marks of templates",
             repeat("\xc3\xa9", 65));
    expect_told(false, "10.0.0.1", repeat("\xc3\xa9", 65), told);
    expect_told(false, "10.0.0.1", "a{{b",
                "a roster cannot name the group a{{b: it must be 1 to 64 characters without "
                "control characters and marks of templates");
    expect_told(false, "10.0.0.1", "\x1f",
                "a roster cannot name the group \x1f: it must be 1 to 64 characters without "
                "control characters and marks of templates");
    expect_told(false, "10.0.0.1", " ", NULL);
    expect_told(false, "Web", "", "a roster cannot name the host Web");
    expect_told(false, "web", "", NULL);
    expect_told(false, "", "", "a roster cannot name the host ");
    expect_told(true, repeat("e", 255), "", NULL);
    snprintf(told, sizeof(told), "a roster cannot name the ecs_id %s", repeat("e", 200));
    expect_told(true, repeat("e", 256), "", told);
    expect_told(true, "e", "", NULL);
    expect_told(true, "!~", "", NULL);
    expect_told(true, "", "", "a roster cannot name the ecs_id ");
    expect_told(true, "a b", "", "a roster cannot name the ecs_id a b");
    expect_told(true, "a\x7f", "", "a roster cannot name the ecs_id a\x7f");
}

static void what_a_roster_can_state(void **state)
{
    (void)state;
    assert_false(roster_writer_can_state_weight(-1));
    assert_true(roster_writer_can_state_weight(0));
    assert_true(roster_writer_can_state_weight(10000));
    assert_false(roster_writer_can_state_weight(10001));
    assert_false(roster_writer_can_state_ecs_name(""));
    assert_true(roster_writer_can_state_ecs_name("a"));
    assert_true(roster_writer_can_state_ecs_name(repeat("\xe6\x94\xaf", 64)));
    assert_false(roster_writer_can_state_ecs_name(repeat("\xe6\x94\xaf", 65)));
    assert_false(roster_writer_can_state_ecs_name("a\nb"));
    assert_false(roster_writer_can_state_ecs_name("${name}"));
}

/* What is read at most: the manual says 8 MiB. */
static void test_how_large_a_file_may_be(void **state)
{
    (void)state;
    assert_true(roster_writer_fits(0));
    assert_true(roster_writer_fits((size_t)8 << 20));
    assert_false(roster_writer_fits(((size_t)8 << 20) + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_how_large_a_file_may_be), cmocka_unit_test(each_member_as_it_is_read),
        cmocka_unit_test(heads_and_channels),           cmocka_unit_test(what_a_roster_cannot_say),
        cmocka_unit_test(what_a_roster_can_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
