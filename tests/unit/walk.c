/* SPDX-License-Identifier: MIT */
#include "tests/unit/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"

#define STATES_MAX 4096

typedef struct Place {
    void *state;
    char *text;
    size_t depth;
} Place;

/* The number of a state, which is kept where it is new. */
static size_t walk_find(const Walk *walk, Place *places, size_t *count, const void *state,
                        size_t depth)
{
    Buf text = {0};
    char *words;

    walk->put(state, &text);
    words = buf_take(&text);
    assert_non_null(words);
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(places[i].text, words) == 0) {
            free(words);
            return i;
        }
    }
    assert_true(*count < STATES_MAX);
    places[*count] = (Place){malloc(walk->state_size), words, depth};
    assert_non_null(places[*count].state);
    memcpy(places[*count].state, state, walk->state_size);
    return (*count)++;
}

static void walk_from(const Walk *walk, Place *places, size_t *count, size_t number, Buf *buf)
{
    _cleanup_free_ void *state = malloc(walk->state_size);

    assert_non_null(state);
    for (size_t step = 0; step < walk->step_count; step++) {
        _cleanup_(buf_done) Buf done = {0};
        size_t next;

        if (!walk->may(places[number].state, step))
            continue;
        memcpy(state, places[number].state, walk->state_size);
        walk->take(state, step, &done);
        next = walk_find(walk, places, count, state, places[number].depth + 1);
        if (next == number && done.size == 0)
            continue;
        buf_printf(buf, "    %s: %zu%s%s\n", walk->steps[step], next, done.size > 0 ? ", " : "",
                   buf_text(&done));
    }
}

void walk(const Walk *walk, Buf *buf)
{
    _cleanup_free_ Place *places = calloc(STATES_MAX, sizeof(*places));
    size_t count = 0;

    assert_non_null(places);
    walk_find(walk, places, &count, walk->first, 0);
    for (size_t i = 0; i < count; i++) {
        buf_printf(buf, "%zu: %s\n", i, places[i].text);
        if (places[i].depth < walk->depth)
            walk_from(walk, places, &count, i, buf);
    }
    for (size_t i = 0; i < count; i++) {
        free(places[i].state);
        free(places[i].text);
    }
}

void walk_note(Buf *done, const char *what, const char *why)
{
    buf_printf(done, "%s%s%s%s", done->size > 0 ? ", " : "", what, why[0] ? " " : "", why);
}

void walk_put_moment(Buf *buf, const char *what, uint64_t usec, uint64_t now_usec)
{
    if (usec == USEC_NEVER || usec == 0)
        buf_printf(buf, "%s %s", what, usec == 0 ? "0" : "never");
    else
        buf_printf(buf, "%s %+.6f s", what,
                   ((double)usec - (double)now_usec) / (double)USEC_PER_SEC);
}

void walk_note_wake(Buf *done, uint64_t usec, uint64_t now_usec)
{
    walk_note(done, "", "");
    walk_put_moment(done, "wake", usec, now_usec);
}
