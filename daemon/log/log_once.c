/* SPDX-License-Identifier: MIT */
/* Each of some thousand channels may have things said of it, pass for pass: the items are in the
 * order of their subjects. */
#include "daemon/log/log_once.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

struct LogOnceItem {
    char *subject;
    char *text;
};

static void log_once_drop(LogOnceItem *item)
{
    free(item->subject);
    free(item->text);
}

void log_once_done(LogOnce *once)
{
    for (size_t i = 0; i < once->count; i++)
        log_once_drop(&once->items[i]);
    free(once->items);
    *once = (LogOnce){0};
}

/* The number of the first item that does not stand before the subject. */
static size_t log_once_place(const LogOnce *once, const char *subject)
{
    size_t low = 0, high = once->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(once->items[middle].subject, subject) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool log_once_has(const LogOnce *once, size_t place, const char *subject)
{
    return place < once->count && str_equal(once->items[place].subject, subject);
}

static void log_once_remove(LogOnce *once, size_t place)
{
    log_once_drop(&once->items[place]);
    once->count--;
    memmove(&once->items[place], &once->items[place + 1],
            (once->count - place) * sizeof(*once->items));
}

bool log_once_forget(LogOnce *once, const char *subject)
{
    size_t place = log_once_place(once, subject);
    bool has_any = log_once_has(once, place, subject);

    if (has_any)
        log_once_remove(once, place);
    return has_any;
}

bool log_once_was_last(const LogOnce *once, const char *subject, const char *text)
{
    size_t place = log_once_place(once, subject);

    return log_once_has(once, place, subject) && str_equal(once->items[place].text, text);
}

bool log_once_is_new(LogOnce *once, const char *subject, const char *text)
{
    LogOnceItem item;
    size_t place;

    if (log_once_was_last(once, subject, text))
        return false;
    place = log_once_place(once, subject);
    if (log_once_has(once, place, subject))
        log_once_remove(once, place);
    item = (LogOnceItem){strdup(subject), strdup(text)};
    if (!item.subject || !item.text ||
        mem_grow(&once->items, &once->capacity, once->count + 1, sizeof(*once->items)) < 0) {
        log_once_drop(&item);
        return true;
    }
    memmove(&once->items[place + 1], &once->items[place],
            (once->count - place) * sizeof(*once->items));
    once->items[place] = item;
    once->count++;
    return true;
}
