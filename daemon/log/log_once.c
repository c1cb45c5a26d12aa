/* SPDX-License-Identifier: MIT */
/* Few subjects have anything said of them: a list is enough. */
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

bool log_once_forget(LogOnce *once, const char *subject)
{
    for (size_t i = 0; i < once->count; i++) {
        if (!str_equal(once->items[i].subject, subject))
            continue;
        log_once_drop(&once->items[i]);
        once->items[i] = once->items[--once->count];
        return true;
    }
    return false;
}

bool log_once_is_new(LogOnce *once, const char *subject, const char *text)
{
    LogOnceItem item;

    for (size_t i = 0; i < once->count; i++) {
        if (str_equal(once->items[i].subject, subject) && str_equal(once->items[i].text, text))
            return false;
    }
    log_once_forget(once, subject);
    item = (LogOnceItem){strdup(subject), strdup(text)};
    if (!item.subject || !item.text ||
        mem_grow(&once->items, &once->capacity, once->count + 1, sizeof(*once->items)) < 0)
        log_once_drop(&item);
    else
        once->items[once->count++] = item;
    return true;
}
