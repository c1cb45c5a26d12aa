/* SPDX-License-Identifier: MIT */
/* What was logged of a subject is not logged again, however many subjects there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/log/log_once.h"

#define SUBJECTS 500
#define STEPS 20000
#define FEW 250U
#define RUNS 12

static uint32_t below(uint64_t *chance, uint32_t bound)
{
    *chance = *chance * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*chance >> 33) % bound;
}

/* Against a table that has a place for each subject. */
static void test_each_subject_has_its_own_text(void **state)
{
    static int texts[SUBJECTS]; /* 0: none was logged */
    uint64_t chance = 1;
    LogOnce once = {0};

    (void)state;
    memset(texts, 0, sizeof(texts));
    for (size_t i = 0; i < STEPS; i++) {
        uint32_t number = below(&chance, SUBJECTS);
        int text = (int)below(&chance, 3);
        char subject[32], logged[32];

        snprintf(subject, sizeof(subject), "name channel-%u", number);
        snprintf(logged, sizeof(logged), "held %d", text);
        if (text == 0)
            assert_int_equal(log_once_forget(&once, subject), texts[number] != 0);
        else
            assert_int_equal(log_once_is_new(&once, subject, logged), texts[number] != text);
        texts[number] = text;
    }
    log_once_done(&once);
}

/* CPU time of looking at each of so many subjects, once it is known; the least of some runs. */
static uint64_t look_at_all(unsigned count)
{
    uint64_t least = UINT64_MAX;
    LogOnce once = {0};

    for (int run = 0; run < RUNS; run++) {
        struct timespec begun, ended;
        uint64_t nsec;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun);
        for (unsigned i = 0; i < count; i++) {
            char subject[32];

            snprintf(subject, sizeof(subject), "name channel-%u", i);
            assert_int_equal(log_once_is_new(&once, subject, "drift"), run == 0);
        }
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ended);
        nsec = (uint64_t)(ended.tv_sec - begun.tv_sec) * 1000000000U + (uint64_t)ended.tv_nsec -
               (uint64_t)begun.tv_nsec;
        if (run > 0 && nsec < least)
            least = nsec;
    }
    log_once_done(&once);
    return least;
}

/* 32 times as many take 32 times the time and some, and not 1,024 times: a pass ends in one turn of
 * the event loop. */
static void test_many_subjects_cost_what_as_many_few_do(void **state)
{
    uint64_t few, many;

    (void)state;
    few = look_at_all(FEW);
    many = look_at_all(FEW * 32);
    if (many > 32 * 6 * few)
        fail_msg("%u subjects take %lu ns, 32 times as many %lu", FEW, (unsigned long)few,
                 (unsigned long)many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_subject_has_its_own_text),
        cmocka_unit_test(test_many_subjects_cost_what_as_many_few_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
