/* SPDX-License-Identifier: MIT */
/* What people read, as it is put together: each text as utf8_append_shown() has it, so that nothing
 * which a service, a roster or whoever answers names steers a terminal; colours apart from it. */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"

typedef enum Colour { COLOUR_PLAIN, COLOUR_GREEN, COLOUR_YELLOW, COLOUR_RED } Colour;

typedef struct Page {
    Buf *buf;
    bool colour;
} Page;

/* Whether standard output may be coloured: a terminal, and no NO_COLOR (no-color.org). */
bool page_wants_colour(void);

void page_puts(const Page *page, const char *text);
void page_printf(const Page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same in a colour. */
void page_paint(const Page *page, Colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void page_newline(const Page *page);

/* The colour of a result or an outcome, and its words: "in sync" for "in_sync". */
Colour page_colour_of(const char *word);
const char *page_words_of(const char *result);
