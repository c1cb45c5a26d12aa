/* News: see news.h. Few subjects have anything said of them: a list is enough. */
#include "daemon/news.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

struct NewsItem {
    char *subject;
    char *text;
};

static void news_drop(NewsItem *item)
{
    free(item->subject);
    free(item->text);
}

void news_done(News *news)
{
    for (size_t i = 0; i < news->count; i++)
        news_drop(&news->items[i]);
    free(news->items);
    *news = (News){0};
}

bool news_forget(News *news, const char *subject)
{
    for (size_t i = 0; i < news->count; i++) {
        if (!str_equal(news->items[i].subject, subject))
            continue;
        news_drop(&news->items[i]);
        news->items[i] = news->items[--news->count];
        return true;
    }
    return false;
}

bool news_is_new(News *news, const char *subject, const char *text)
{
    NewsItem item;

    for (size_t i = 0; i < news->count; i++) {
        if (str_equal(news->items[i].subject, subject) && str_equal(news->items[i].text, text))
            return false;
    }
    news_forget(news, subject);
    item = (NewsItem){strdup(subject), strdup(text)};
    if (!item.subject || !item.text ||
        mem_grow(&news->items, &news->capacity, news->count + 1, sizeof(*news->items)) < 0)
        news_drop(&item);
    else
        news->items[news->count++] = item;
    return true;
}
