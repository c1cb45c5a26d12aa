/* SPDX-License-Identifier: MIT */
/* What was logged of a subject is not logged again, however many subjects there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/log/log_once.h"

#define SUBJECTS 500
#define STEPS 20000

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_subject_has_its_own_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
