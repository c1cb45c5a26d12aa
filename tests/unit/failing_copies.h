/* SPDX-License-Identifier: MIT */
/* Every allocation fails once of what reads a text, wherever a block of memory may end, as one text
 * grows: it says -ENOMEM and why, and what succeeds is whole. Needs the allocator to itself. */
#pragma once

#include <errno.h>

#include "daemon/base/buf.h"
#include "tests/unit/failing.h"

#define PADDING_MAX 250
#define PADDING_STEP 7

/* Reads a value and writes it again; 0 or -ENOMEM. */
typedef int (*Copy)(const Buf *from, Buf *to, Err *err);

static inline void assert_copies(Copy copy, const Buf *from, const Buf *wanted, long min)
{
    bool did_fail = true;
    long index;

    for (index = 0; did_fail; index++) {
        _cleanup_(buf_done) Buf to = {0};
        Err err = {0};
        int r;

        failing_after(index);
        r = copy(from, &to, &err);
        did_fail = failing_stop();
        if (r != (did_fail ? -ENOMEM : 0))
            fail_msg("allocation %ld: %d: %s", index, r, err.text);
        if (err_is_set(&err))
            assert_string_equal(err.text, "out of memory");
        if (r == 0)
            assert_string_equal(buf_text(&to), buf_text(wanted));
    }
    assert_true(index > min);
}

/* `text` has "@" where it grows; `wanted` NULL: it comes back as it was. */
static inline void each_allocation_fails(Copy copy, const char *text, const char *wanted, long min)
{
    if (!failing_is_possible())
        skip();
    for (size_t pad = 1; pad < PADDING_MAX; pad += PADDING_STEP) {
        const char *const parts[] = {text, wanted ? wanted : text};
        Buf bufs[2] = {{0}, {0}};

        for (size_t i = 0; i < 2; i++) {
            for (const char *at = parts[i]; *at; at++) {
                for (size_t k = 0; k < (*at == '@' ? pad : 1); k++)
                    buf_putc(&bufs[i], *at == '@' ? 'p' : *at);
            }
            buf_putc(&bufs[i], '\n');
        }
        assert_copies(copy, &bufs[0], &bufs[1], min);
        buf_done(&bufs[0]);
        buf_done(&bufs[1]);
    }
}
