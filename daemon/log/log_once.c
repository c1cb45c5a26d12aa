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

void log_once_done(LogOnce *news)
{
    for (size_t i = 0; i < news->count; i++)
        log_once_drop(&news->items[i]);
    free(news->items);
    *news = (LogOnce){0};
}

bool log_once_forget(LogOnce *news, const char *subject)
{
    for (size_t i = 0; i < news->count; i++) {
        if (!str_equal(news->items[i].subject, subject))
            continue;
        log_once_drop(&news->items[i]);
        news->items[i] = news->items[--news->count];
        return true;
    }
    return false;
}

bool log_once_is_new(LogOnce *news, const char *subject, const char *text)
{
    LogOnceItem item;

    for (size_t i = 0; i < news->count; i++) {
        if (str_equal(news->items[i].subject, subject) && str_equal(news->items[i].text, text))
            return false;
    }
    log_once_forget(news, subject);
    item = (LogOnceItem){strdup(subject), strdup(text)};
    if (!item.subject || !item.text ||
        mem_grow(&news->items, &news->capacity, news->count + 1, sizeof(*news->items)) < 0)
        log_once_drop(&item);
    else
        news->items[news->count++] = item;
    return true;
}
