/* SPDX-License-Identifier: MIT */
/* Texts in YAML out of bytes: those below 0x20 that no text has stand for pieces of one: lists,
 * their lines, and what may come before and behind them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"

/* Bytes with a meaning of their own: 0x01 to 0x06 are three to eighteen lines of a list, 0x0e moves
 * the column, 0x0f takes it back, and the rest are pieces. */
enum { PIECE_LISTS = 0x01, PIECE_RIGHT = 0x0e, PIECE_LEFT = 0x0f, PIECE_FIRST = 0x10 };

static inline void yaml_pieces_put_line(Buf *text, size_t column, const char *line)
{
    for (size_t i = 0; i < column; i++)
        buf_putc(text, ' ');
    buf_puts(text, line);
}

static inline void yaml_pieces_put(Buf *text, const uint8_t *data, size_t size)
{
    static const char *const pieces[] = {
        "- a:1\n", "- 10.0.0.1:8080\n", "- b\n", "- c # d\n", "- e: f\n", "- 'g'\n", "- h:\n",
        "  i\n",   "- j::1\n",          "-k\n",  "- l",       "# m\n"};
    size_t column = 0;

    for (size_t i = 0; i < size; i++) {
        uint8_t byte = data[i];

        if (byte >= PIECE_LISTS && byte < PIECE_LISTS + 6) {
            for (size_t line = 0; line < (size_t)byte * 3; line++) {
                yaml_pieces_put_line(text, column, "- 10.0");
                buf_printf(text, ".%zu.%u:80\n", line, byte);
            }
        } else if (byte >= PIECE_FIRST && byte < PIECE_FIRST + ELEMENTS(pieces)) {
            yaml_pieces_put_line(text, column, pieces[byte - PIECE_FIRST]);
        } else if (byte == PIECE_RIGHT) {
            column = (column + 1) % 8;
        } else if (byte == PIECE_LEFT) {
            column = 0;
        } else {
            buf_putc(text, (char)byte);
        }
    }
}
