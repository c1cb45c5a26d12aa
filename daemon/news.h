/* What was said last of each subject, so that a thing that stays as it is is said once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct NewsItem NewsItem;

typedef struct News {
    NewsItem *items;
    size_t count, capacity;
} News;

void news_done(News *news);

/* Whether `text` is not what was said of the subject last; keeps it. A text that cannot be kept for
 * lack of memory is news each time. */
bool news_is_new(News *news, const char *subject, const char *text);

/* Forgets a subject: whatever is said of it next is news. Whether anything had been said. */
bool news_forget(News *news, const char *subject);
