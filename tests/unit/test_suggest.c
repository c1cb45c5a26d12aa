/* SPDX-License-Identifier: MIT */
/* Suggestions: the distance against a naive one, and what is near enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/suggest.h"

/* ---- the distance, by its definition ---- */

static char naive_fold(char c)
{
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                      lower[] = "abcdefghijklmnopqrstuvwxyz";
    const char *place = c ? strchr(upper, c) : NULL;

    if (c == '-')
        return '_';
    return place ? lower[place - upper] : c;
}

static size_t naive_distance(const char *a, size_t i, const char *b, size_t j)
{
    size_t best, other;

    if (i == 0 || j == 0)
        return i + j;
    best = naive_distance(a, i - 1, b, j - 1) + (naive_fold(a[i - 1]) != naive_fold(b[j - 1]));
    other = naive_distance(a, i - 1, b, j) + 1;
    best = other < best ? other : best;
    other = naive_distance(a, i, b, j - 1) + 1;
    best = other < best ? other : best;
    if (i > 1 && j > 1 && naive_fold(a[i - 1]) == naive_fold(b[j - 2]) &&
        naive_fold(a[i - 2]) == naive_fold(b[j - 1])) {
        other = naive_distance(a, i - 2, b, j - 2) + 1;
        best = other < best ? other : best;
    }
    return best;
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

static void random_word(uint64_t *state, size_t length, char *ret_word)
{
    static const char letters[] = "abAB-_";

    for (size_t i = 0; i < length; i++)
        ret_word[i] = letters[next_random(state) % (sizeof(letters) - 1)];
    ret_word[length] = '\0';
}

static void test_it_is_the_distance_by_definition(void **state)
{
    uint64_t random = 7;

    (void)state;
    for (size_t i = 0; i < 3000; i++) {
        size_t length = next_random(&random) % 6 + 1, other = next_random(&random) % 7;
        char candidate[8], word[8];
        size_t distance;
        Suggest suggest;

        random_word(&random, length, candidate);
        random_word(&random, other, word);
        distance = naive_distance(word, other, candidate, length);
        suggest_init(&suggest, word);
        suggest_offer(&suggest, candidate);
        if (distance > 1 + length / 4 || distance >= length) {
            assert_null(suggest.best);
            continue;
        }
        assert_string_equal(suggest.best, candidate);
        assert_int_equal(suggest.distance, distance);
    }
}

/* ---- what is offered ---- */

static const char *best_of(const char *word, const char *first, const char *second)
{
    Suggest suggest;

    suggest_init(&suggest, word);
    suggest_offer(&suggest, first);
    suggest_offer(&suggest, second);
    return suggest.best;
}

static void test_the_nearest_wins_and_the_first_of_the_near(void **state)
{
    (void)state;
    assert_string_equal(best_of("interwals", "interval", "intervals"), "intervals");
    assert_string_equal(best_of("interwals", "intervals", "interval"), "intervals");
    assert_string_equal(best_of("moda", "mode", "modb"), "mode");
    assert_null(best_of("rosters", "interval", "mode"));
}

static void test_no_letter_in_common_is_no_suggestion(void **state)
{
    (void)state;
    assert_null(best_of("x", "a", "b"));
    assert_null(best_of("", "a", "b"));
    assert_string_equal(best_of("a", "ab", "abc"), "ab");
}

static void test_words_of_forty_letters_are_weighed_and_no_longer_ones(void **state)
{
    char word[43], candidate[43];

    (void)state;
    for (size_t length = 39; length <= 42; length++) {
        memset(word, 'x', sizeof(word));
        memset(candidate, 'x', sizeof(candidate));
        word[length] = candidate[length] = '\0';
        word[0] = 'y';
        if (length <= 40)
            assert_string_equal(best_of(word, candidate, "z"), candidate);
        else
            assert_null(best_of(word, candidate, "z"));
        assert_true((best_of("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", candidate, "z") != NULL) ==
                    (length <= 40));
        assert_true((best_of(word, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "z") != NULL) ==
                    (length <= 40));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_the_distance_by_definition),
        cmocka_unit_test(test_the_nearest_wins_and_the_first_of_the_near),
        cmocka_unit_test(test_no_letter_in_common_is_no_suggestion),
        cmocka_unit_test(test_words_of_forty_letters_are_weighed_and_no_longer_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
