/* SPDX-License-Identifier: MIT */
/* Clocks, and calls that are due later: the delays of answers. */
#include "tests/romasim/timing.h"

#include "tests/romasim/alloc.h"

typedef struct Timer {
    uint64_t due_usec;
    TimingFunction function;
    void *userdata;
} Timer;

/* A binary heap, the earliest first. */
static Timer *heap;
static size_t heap_n;
static size_t heap_cap;
static long skew_seconds;

uint64_t timing_now_usec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

uint64_t timing_now_msec(void)
{
    return timing_now_usec() / 1000u;
}

time_t timing_wall(void)
{
    return time(NULL) + skew_seconds;
}

void timing_set_skew(long seconds)
{
    skew_seconds = seconds;
}

const char *timing_http_date(void)
{
    static char text[40];
    static time_t of;
    time_t now = timing_wall();
    struct tm parts;

    if (now != of) {
        gmtime_r(&now, &parts);
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
        of = now;
    }
    return text;
}

void timing_rfc3339(time_t t, char *ret_text, size_t size)
{
    struct tm parts;

    gmtime_r(&t, &parts);
    strftime(ret_text, size, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

static void swap(size_t a, size_t b)
{
    Timer t = heap[a];

    heap[a] = heap[b];
    heap[b] = t;
}

void timing_after(uint64_t delay_msec, TimingFunction function, void *userdata)
{
    size_t i = heap_n;

    heap = alloc_grow(heap, heap_n, &heap_cap, sizeof(*heap));
    heap[heap_n++] = (Timer){.due_usec = timing_now_usec() + delay_msec * 1000u,
                             .function = function,
                             .userdata = userdata};
    for (; i > 0 && heap[i].due_usec < heap[(i - 1) / 2].due_usec; i = (i - 1) / 2)
        swap(i, (i - 1) / 2);
}

void timing_release(void)
{
    uint64_t now = timing_now_usec();

    for (size_t i = 0; i < heap_n; i++) {
        if (heap[i].due_usec < now + TIMING_HELD_MSEC * 1000u / 2)
            continue;
        heap[i].due_usec = now;
        for (size_t k = i; k > 0 && heap[k].due_usec < heap[(k - 1) / 2].due_usec; k = (k - 1) / 2)
            swap(k, (k - 1) / 2);
    }
}

static Timer pop(void)
{
    Timer first = heap[0];
    size_t i = 0;

    heap[0] = heap[--heap_n];
    for (;;) {
        size_t least = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < heap_n; child++)
            if (heap[child].due_usec < heap[least].due_usec)
                least = child;
        if (least == i)
            return first;
        swap(i, least);
        i = least;
    }
}

void timing_run(void)
{
    uint64_t now;

    if (heap_n == 0)
        return;
    now = timing_now_usec();
    while (heap_n > 0 && heap[0].due_usec <= now) {
        Timer t = pop();

        t.function(t.userdata);
    }
}

int timing_next_msec(int max_msec)
{
    uint64_t now, wait;

    if (heap_n == 0)
        return max_msec;
    now = timing_now_usec();
    if (heap[0].due_usec <= now)
        return 0;
    wait = (heap[0].due_usec - now + 999u) / 1000u;
    return wait < (uint64_t)max_msec ? (int)wait : max_msec;
}
