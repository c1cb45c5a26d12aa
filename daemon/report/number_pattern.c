/* SPDX-License-Identifier: MIT */
#include "daemon/report/number_pattern.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>

#include "daemon/base/duration.h"

/* A run of numbers that one alternative fits: a prefix, one digit of a class, free digits. */
typedef struct Run {
    uint64_t prefix; /* all but the class and the free digits */
    unsigned int first, last;
    unsigned int free_count;
    uint64_t next; /* the number behind the run */
} Run;

/* The longest run from `least` on that does not go beyond `most`. */
static Run longest_run(uint64_t least, uint64_t most)
{
    uint64_t block = 1, count;
    Run run = {0};

    /* Free digits: `least` ends in as many zeros, and all of them are within. */
    while (least > 0 && least % (block * 10) == 0 && block * 10 - 1 <= most - least) {
        block *= 10;
        run.free_count++;
    }
    run.first = (unsigned int)(least / block % 10);
    run.prefix = least / block / 10;
    count = (most - least + 1) / block;
    count = count == 0 ? 1 : count;
    run.last = run.first + (unsigned int)(count > 10 - run.first ? 10 - run.first : count) - 1;
    run.next = least + (run.last - run.first + 1) * block;
    return run;
}

void number_pattern_append(Buf *buf, uint64_t least, uint64_t most)
{
    bool is_first = true;

    assert(least <= most && most < UINT64_MAX / 20);
    while (least <= most) {
        Run run = longest_run(least, most);

        buf_puts(buf, is_first ? "" : "|");
        is_first = false;
        if (run.prefix > 0)
            buf_printf(buf, "%" PRIu64, run.prefix);
        if (run.first == run.last)
            buf_printf(buf, "%u", run.first);
        else
            buf_printf(buf, "[%u-%u]", run.first, run.last);
        if (run.free_count > 0)
            buf_printf(buf, "[0-9]{%u}", run.free_count);
        least = run.next;
    }
}

void number_pattern_append_duration(Buf *buf, uint64_t least_usec, uint64_t most_usec,
                                    uint64_t gap_usec)
{
    const char *unit;
    uint64_t usec;

    buf_puts(buf, gap_usec > 0 ? "^(0(" : "^(");
    for (size_t i = 0; gap_usec > 0 && (unit = duration_unit(i, &usec)); i++)
        buf_printf(buf, "%s%s", i > 0 ? "|" : "", unit);
    buf_puts(buf, gap_usec > 0 ? ")" : "");
    least_usec = gap_usec > 0 ? gap_usec : least_usec;
    for (size_t i = 0, count = gap_usec > 0; (unit = duration_unit(i, &usec)); i++) {
        uint64_t least = (least_usec + usec - 1) / usec;

        if (least > most_usec / usec)
            continue;
        buf_puts(buf, count++ > 0 ? "|(" : "(");
        number_pattern_append(buf, least, most_usec / usec);
        buf_printf(buf, ")%s", unit);
    }
    buf_puts(buf, ")$");
}
