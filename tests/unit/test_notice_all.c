/* SPDX-License-Identifier: MIT */
/* What notices look at, how they go on from pass to pass, and when they are told, of all that may
 * be: as text, so that no single answer changes without being seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/str.h"
#include "reconcile/notice/look.h"
#include "reconcile/notice/notice.h"
#include "tests/unit/story_text.h"

/* ---- what a pass says ---- */

#define GUARD_CASES 6 /* none refuses, and those of put_channels() */
#define CASES (GUARD_CASES * 2 * 2 * 2 * 2 * 2)

static const RosterChannel observed = {.mode = MODE_OBSERVE}, added = {.mode = MODE_ADD};

static char presence_letter(Presence presence)
{
    return presence == PRESENCE_YES ? 'y' : presence == PRESENCE_NO ? 'n' : '-';
}

/* One of CASES: which guards refuse, whether there is an error, one that is missing, one that is
 * extra, one to be corrected, and whether the whole instance has failed. */
static Presence look_at_case(NoticeKind kind, uint32_t kinds, ChannelReport channel, size_t number)
{
    static Guard guards[GUARD_CASES][2] = {
        {{.refuses = false}},
        {{.name = GUARD_MAX_DELETES, .refuses = true}},
        {{.name = GUARD_CONFIRM_PASSES, .refuses = true}},
        {{.name = GUARD_CONFIRM_PASSES, .refuses = true}, {.name = GUARD_FIGHT, .refuses = true}},
        {{.name = GUARD_MAX_DELETES_TOTAL, .refuses = true}},
        {{.name = GUARD_LEASE, .refuses = true}},
    };
    static const Err error = {.text = "no answer"};
    static ExtraReport extra = {.outcome = OUTCOME_PLANNED};
    static ChangedReport changed = {.outcome = OUTCOME_PLANNED};
    static const InstanceReport instance = {.name = "prod"};
    size_t guard = number % GUARD_CASES, rest = number / GUARD_CASES;

    channel.guards = guards[guard];
    channel.guard_count = guard == 0 ? 0 : guard == 3 ? 2 : 1;
    channel.error = rest & 1 ? &error : NULL;
    channel.missing_count = rest & 2 ? 1 : 0;
    channel.extras = &extra;
    channel.extra_count = rest & 4 ? 1 : 0;
    channel.changed = &changed;
    channel.changed_count = rest & 8 ? 1 : 0;
    return look_at_channel(kind, kinds, &channel, &instance, rest & 16);
}

static void put_channel(const ChannelReport *channel, Buf *buf)
{
    static const struct {
        const char *name;
        NoticeKind kind;
        uint32_t kinds;
    } looks[] = {
        {"held", NOTICE_HELD, 0},
        {"failed", NOTICE_FAILED, 0},
        {"missing", NOTICE_MISSING, 0},
        {"drift", NOTICE_DRIFT, NOTICE_BIT(NOTICE_DRIFT)},
        {"drift alone", NOTICE_DRIFT, NOTICE_BIT(NOTICE_MISSING) | NOTICE_BIT(NOTICE_DRIFT)},
        {"invalid", NOTICE_INVALID, 0},
        {"changed", NOTICE_CHANGED, 0},
    };

    buf_printf(buf, "== %s, %s%s\n", report_result_text(channel->result),
               channel->channel == &added ? "add" : "observe",
               channel->has_list ? "" : ", without a list");
    for (size_t i = 0; i < ELEMENTS(looks); i++) {
        buf_printf(buf, "%-12s", looks[i].name);
        for (size_t number = 0; number < CASES; number++) {
            if (number % GUARD_CASES == 0)
                buf_putc(buf, ' ');
            buf_putc(buf, presence_letter(
                              look_at_case(looks[i].kind, looks[i].kinds, *channel, number)));
        }
        buf_putc(buf, '\n');
    }
}

static void notices_look_at_channels(void **state)
{
    _cleanup_(buf_done) Buf text = {0};

    (void)state;
    for (Result result = RESULT_IN_SYNC; result <= RESULT_FAILED; result++) {
        for (size_t i = 0; i < 4; i++)
            put_channel(&(ChannelReport){.channel = i & 1 ? &added : &observed,
                                         .instance_name = "prod",
                                         .result = result,
                                         .has_list = i < 2},
                        &text);
    }
    story_text_check("notices_look_at_channels", &text);
}

/* ---- from pass to pass ---- */

#define PASSES 5
#define PASS_USEC 10
#define SEQUENCES (3 * 3 * 3 * 3 * 3)

static void put_sequence(NoticeKind kind, uint64_t repeat_usec, size_t number, Buf *buf)
{
    static const char *const words[] = {
        [NOTICE_NOTHING] = "-",     [NOTICE_KEEP] = "keep",   [NOTICE_FORGET] = "forget",
        [NOTICE_BEGINS] = "begins", [NOTICE_LASTS] = "lasts", [NOTICE_ENDS] = "ends",
    };
    NoticeRecord record = {0};

    for (size_t i = 0; i < PASSES; i++, number /= 3) {
        Presence presence = (Presence[]){PRESENCE_YES, PRESENCE_NO, PRESENCE_UNKNOWN}[number % 3];
        NoticeStep step = notice_step(&record, kind, presence, repeat_usec, (i + 1) * PASS_USEC);

        buf_printf(buf, " %c %s %u %u;", presence_letter(presence), words[step], record.passes,
                   (unsigned)record.told_usec);
    }
    buf_putc(buf, '\n');
}

static void notices_go_on(void **state)
{
    static const uint64_t repeats_usec[] = {0, 2 * PASS_USEC, 2 * PASS_USEC + 1};
    _cleanup_(buf_done) Buf text = {0};

    (void)state;
    for (size_t i = 0; i < ELEMENTS(repeats_usec); i++) {
        buf_printf(&text, "== failed, told again after %u\n", (unsigned)repeats_usec[i]);
        for (size_t number = 0; number < SEQUENCES; number++)
            put_sequence(NOTICE_FAILED, repeats_usec[i], number, &text);
    }
    buf_puts(&text, "== drift\n");
    for (size_t number = 0; number < SEQUENCES; number++)
        put_sequence(NOTICE_DRIFT, PASS_USEC, number, &text);
    story_text_check("notices_go_on", &text);
}

/* A clock that was turned back tells nothing again. */
static void a_clock_is_turned_back(void **state)
{
    NoticeRecord record = {.is_open = true, .told_usec = 100};

    (void)state;
    assert_int_equal(notice_step(&record, NOTICE_FAILED, PRESENCE_YES, 10, 99), NOTICE_NOTHING);
    assert_int_equal(notice_step(&record, NOTICE_FAILED, PRESENCE_YES, 10, 109), NOTICE_NOTHING);
    assert_int_equal(notice_step(&record, NOTICE_FAILED, PRESENCE_YES, 10, 110), NOTICE_LASTS);
    assert_int_equal(record.told_usec, 110);
}

/* ---- when they are told ---- */

static void put_window(const NoticeWindow *window, uint64_t created_usec, Buf *buf)
{
    static const uint64_t later_usec[] = {0, NOTICE_WINDOW_USEC - 1, NOTICE_WINDOW_USEC,
                                          NOTICE_WINDOW_USEC + 1, 2 * NOTICE_WINDOW_USEC};
    static const char words[] = {
        [NOTICE_TURN_ONE] = '1', [NOTICE_TURN_WAIT] = 'w', [NOTICE_TURN_SUMMARY] = 's'};
    NoticeWindow noted = *window;

    notice_window_note(&noted, created_usec);
    buf_printf(buf, "  created %llu: ends %llu, noted %llu %zu, turns",
               (unsigned long long)created_usec,
               (unsigned long long)notice_window_end(window, created_usec),
               (unsigned long long)noted.began_usec, noted.told_count);
    for (size_t i = 0; i < ELEMENTS(later_usec); i++) {
        buf_putc(buf, ' ');
        for (size_t count = 1; count <= NOTICE_FEW + 1; count++)
            buf_putc(buf, words[notice_window_turn(window, created_usec, count,
                                                   created_usec + later_usec[i])]);
    }
    buf_putc(buf, '\n');
}

static void notices_have_windows(void **state)
{
    static const uint64_t began_usec = 1000;
    static const uint64_t created_usec[] = {999,
                                            1000,
                                            1001,
                                            1000 + NOTICE_WINDOW_USEC - 1,
                                            1000 + NOTICE_WINDOW_USEC,
                                            1000 + NOTICE_WINDOW_USEC + 1};
    _cleanup_(buf_done) Buf text = {0};

    (void)state;
    for (size_t told = 0; told <= NOTICE_FEW + 1; told++) {
        const NoticeWindow window = {.began_usec = told > 0 ? began_usec : 0, .told_count = told};

        buf_printf(&text, "== %zu told\n", told);
        for (size_t i = 0; i < ELEMENTS(created_usec); i++)
            put_window(&window, created_usec[i], &text);
    }
    buf_puts(&text, "== tried again after\n");
    for (unsigned int failures = 1; failures < 14; failures++)
        buf_printf(&text, "  %llu\n", (unsigned long long)notice_backoff_usec(failures));
    story_text_check("notices_have_windows", &text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notices_look_at_channels),
        cmocka_unit_test(notices_go_on),
        cmocka_unit_test(a_clock_is_turned_back),
        cmocka_unit_test(notices_have_windows),
    };

    story_text_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
