/* SPDX-License-Identifier: MIT */
#include "config/notifier.h"

#include <assert.h>

#include "daemon/base/str.h"

#define NOTIFIER_CHOICE(prefix, constant, word, help) [prefix##constant] = {#word, help},

const SchemaChoice notifier_format_choices[] = {
#define NOTIFIER_FORMAT(...) NOTIFIER_CHOICE(NOTIFY_, __VA_ARGS__)
    NOTIFY_FORMAT_ROWS(NOTIFIER_FORMAT)
#undef NOTIFIER_FORMAT
        [NOTIFY_FORMAT_COUNT] = {NULL, NULL},
};

const SchemaChoice notifier_kind_choices[] = {
#define NOTIFIER_KIND(...) NOTIFIER_CHOICE(NOTICE_, __VA_ARGS__)
    NOTICE_KIND_ROWS(NOTIFIER_KIND)
#undef NOTIFIER_KIND
        [NOTICE_KIND_COUNT] = {NULL, NULL},
};

const char *notifier_format_text(NotifyFormat format)
{
    assert(format < NOTIFY_FORMAT_COUNT);
    return notifier_format_choices[format].word;
}

const char *notifier_kind_text(NoticeKind kind)
{
    assert(kind < NOTICE_KIND_COUNT);
    return notifier_kind_choices[kind].word;
}

NoticeKind notifier_kind_of(const char *word)
{
    NoticeKind kind = 0;

    while (kind < NOTICE_KIND_COUNT && !str_equal(notifier_kind_choices[kind].word, word))
        kind++;
    return kind;
}
