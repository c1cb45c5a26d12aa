/* SPDX-License-Identifier: MIT */
/*
 * Long lists of short words, one a line, as rosters write their members:
 *
 *     - 10.0.0.1:8080
 *     - 10.0.0.2:8080
 *
 * libyaml takes some thousand instructions a line, and a roster has up to 100,000 of them. So it is
 * given the first line and the last one of such a list with empty lines between, which mean nothing
 * in YAML; where it takes the first one for an item of a list, as it is written, then the lines
 * that follow in the same column are the items behind it, for a line in the column of the list's
 * dash can neither go on with the item before nor be in another list. Where it takes the first line
 * for anything else (a part of a longer text, say), the file must be read by libyaml alone.
 *
 * A line is taken if it is spaces, a dash, one space and a word of letters, digits, '.', '_', '-'
 * and ':', which begins with a letter or digit and in which a letter or digit follows each colon.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct QuickList {
    uint32_t line, column; /* of the word on its first line, from 1 */
    const char *word;      /* that word, in the text */
    size_t word_size;
    const char *lines; /* those between the first one and the last one, in the text */
    size_t lines_size;
    uint32_t line_count; /* of them */
} QuickList;

typedef struct QuickLists {
    QuickList *items; /* in the order of the text */
    size_t count, capacity;
} QuickLists;

void quick_list_done(QuickLists *lists);

/* Finds the lists of a text, which must stay as long as they are used. There are none where lines
 * end with anything but a line feed, for then libyaml counts them otherwise. 0 or -ENOMEM. */
int quick_list_find(QuickLists *lists, const char *text, size_t size);

/* Gives the word of the line at `*at`, one of the list's lines, and goes on to the next line. */
const char *quick_list_next(const QuickList *list, const char **at, size_t *ret_size);

/* The text as libyaml is given it, piece by piece. */
typedef struct QuickText {
    const char *at, *end;
    const QuickList *list; /* the next one */
    size_t list_count;     /* that are still to come */
    uint32_t empty_lines;  /* that are still to be given */
} QuickText;

void quick_list_begin_text(QuickText *text, const QuickLists *lists, const char *at, size_t size);

/* Fills `ret_bytes` with what comes next. Returns how many bytes; 0 at the end. */
size_t quick_list_read_text(QuickText *text, void *ret_bytes, size_t size);
