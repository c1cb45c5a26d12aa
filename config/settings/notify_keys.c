/* SPDX-License-Identifier: MIT */
#include "config/settings/notify_keys.h"

#include "config/schema/value.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"

#define REPEAT_LEAST_USEC USEC_PER_MINUTE
#define REPEAT_USEC (6 * USEC_PER_HOUR)
#define WHEN_HINT "a list of held, failed, invalid, missing, drift, changed"

/* What is told where nothing is said: all that may want a person. */
#define KINDS_DEFAULT                                                                              \
    (NOTICE_BIT(NOTICE_HELD) | NOTICE_BIT(NOTICE_FAILED) | NOTICE_BIT(NOTICE_INVALID) |            \
     NOTICE_BIT(NOTICE_MISSING) | NOTICE_BIT(NOTICE_DRIFT))

typedef struct NotifyDraft {
    Notifier notifier;
    const Node *when;
} NotifyDraft;

static const SchemaKey kind_key = {.type = SCHEMA_CHOICE, .choices = notifier_kind_choices};

enum { KEY_FORMAT, KEY_URL_FILE, KEY_WHEN, KEY_REPEAT };

static const SchemaKey keys[] = {
    [KEY_FORMAT] = {.name = "format",
                    .type = SCHEMA_CHOICE,
                    .is_required = true,
                    .offset = offsetof(NotifyDraft, notifier.format),
                    .choices = notifier_format_choices,
                    .help = "what it is told in"},
    [KEY_URL_FILE] = {.name = "url_file",
                      .type = SCHEMA_TEXT,
                      .is_required = true,
                      .offset = offsetof(NotifyDraft, notifier.url_file),
                      .min = 1,
                      .max = SETTING_PATH_SIZE_MAX,
                      .hint = "a file with the URL, which is a secret",
                      .help = "the secret file that holds the URL"},
    [KEY_WHEN] = {.name = "when",
                  .type = SCHEMA_LIST,
                  .item = &kind_key,
                  .min = 1,
                  .max = NOTICE_KIND_COUNT,
                  .offset = offsetof(NotifyDraft, when),
                  .hint = WHEN_HINT,
                  .help = "what is told; left out: all but changed"},
    [KEY_REPEAT] = {.name = "repeat",
                    .type = SCHEMA_DURATION,
                    .offset = offsetof(NotifyDraft, notifier.repeat_usec),
                    .max = 7 * USEC_PER_DAY,
                    .fallback = REPEAT_USEC,
                    .gap = REPEAT_LEAST_USEC,
                    .help = "how often what lasts is told again; 0s: never"},
};

const Schema notify_keys_schema = {.keys = keys, .count = ELEMENTS(keys), .keeps_texts = true};

static uint32_t read_kinds(Reader *reader, const Node *list)
{
    uint32_t kinds = 0;

    if (list->size == 0)
        reader_problem(reader, list, "empty, must be " WHEN_HINT ", or be left out");
    for (const Node *node = list->first; node; node = node->next) {
        NoticeKind kind = NOTICE_KIND_COUNT;

        if (!value_read(reader, node, &kind_key, false, &kind))
            continue;
        if (kinds & NOTICE_BIT(kind))
            reader_problem(reader, node, "listed twice: %s, must stand once",
                           notifier_kind_text(kind));
        kinds |= NOTICE_BIT(kind);
    }
    return kinds;
}

static void read_notifier(Reader *reader, const Node *node, Notifier *notifier)
{
    NotifyDraft draft = {.notifier = {.kinds = KINDS_DEFAULT}};
    const Node *repeat;

    schema_set_fallbacks(&notify_keys_schema, &draft);
    schema_read(reader, node, &notify_keys_schema, &draft);
    *notifier = draft.notifier;
    if (node->kind != NODE_MAPPING)
        return;
    if (draft.when)
        notifier->kinds = read_kinds(reader, draft.when);
    repeat = node_find(node, keys[KEY_REPEAT].name);
    if (repeat && notifier->repeat_usec > 0 && notifier->repeat_usec < REPEAT_LEAST_USEC)
        reader_problem(reader, repeat, "out of range: %.64s, must be 0s, or 1m to 7d",
                       repeat->text);
}

/* The state knows a notifier by its form and its file. */
static void check_twice(Reader *reader, const Node *node, const Notifier *before, size_t count)
{
    const Notifier *notifier = &before[count];

    for (size_t i = 0; i < count && notifier->url_file; i++) {
        if (before[i].format == notifier->format && before[i].url_file &&
            str_equal(before[i].url_file, notifier->url_file))
            reader_problem(reader, node,
                           "listed twice: the same format and url_file, must stand once");
    }
}

void notify_keys_read(Reader *reader, const Node *list, Config *config)
{
    Notifier *notifiers;

    if (list->size == 0 || list->size > NOTIFY_KEYS_MAX) {
        reader_problem(reader, list, "%zu entries, must be 1 to %u, or be left out",
                       (size_t)list->size, NOTIFY_KEYS_MAX);
        return;
    }
    notifiers = arena_alloc(reader->arena, list->size * sizeof(*notifiers));
    if (!notifiers) {
        problems_memory(reader->problems);
        return;
    }
    for (const Node *node = list->first; node; node = node->next) {
        read_notifier(reader, node, &notifiers[config->notifier_count]);
        check_twice(reader, node, notifiers, config->notifier_count);
        config->notifier_count++;
    }
    config->notifiers = notifiers;
}
