/* SPDX-License-Identifier: MIT */
/* The distance counts insertions, deletions, changes and swaps of neighbours (optimal string
 * alignment), without regard to case. */
#include "daemon/base/suggest.h"

#include <string.h>

#define WORD_LENGTH_MAX 40U

void suggest_init(Suggest *suggest, const char *word)
{
    *suggest = (Suggest){.word = word};
}

static char fold(char c)
{
    if (c == '-')
        return '_';
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Something over `most` where the distance is over that: most words need not be looked at to their
 * ends. A swap goes back two rows. */
static size_t distance_of(const char *a, size_t a_length, const char *b, size_t b_length,
                          size_t most)
{
    size_t rows[3][WORD_LENGTH_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2], *spare;
    size_t nearest_before = 0;

    for (size_t j = 0; j <= b_length; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t nearest = i;

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            char x = fold(a[i - 1]), y = fold(b[j - 1]);

            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == fold(b[j - 2]) && y == fold(a[i - 2]))
                row[j] = least(row[j], before[j - 2] + 1);
            nearest = least(nearest, row[j]);
        }
        if (nearest > most && nearest_before > most)
            return most + 1;
        nearest_before = nearest;
        spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[b_length];
}

void suggest_offer(Suggest *suggest, const char *candidate)
{
    size_t length = strnlen(suggest->word, WORD_LENGTH_MAX + 1);
    size_t candidate_length = strnlen(candidate, WORD_LENGTH_MAX + 1);
    size_t most = 1 + candidate_length / 4, distance;

    if (length > WORD_LENGTH_MAX || candidate_length > WORD_LENGTH_MAX || candidate_length == 0 ||
        (suggest->best && suggest->distance == 0))
        return;
    most = least(most, candidate_length - 1);
    if (suggest->best)
        most = least(most, suggest->distance - 1);
    if (length > candidate_length + most || candidate_length > length + most)
        return;
    distance = distance_of(suggest->word, length, candidate, candidate_length, most);
    if (distance > most)
        return;
    suggest->best = candidate;
    suggest->distance = distance;
}
