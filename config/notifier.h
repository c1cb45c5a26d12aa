/* SPDX-License-Identifier: MIT */
/*
 * Who is told by a POST (notify:), in which form, and of what. Each form and each kind of notice is
 * a row: its constant, its word in the settings, and a clause of help.
 */
#pragma once

#include <stdint.h>

#include "config/schema/schema.h"

#define NOTIFY_FORMAT_ROWS(ROW)                                                                    \
    ROW(CLOUDEVENTS, cloudevents, "CloudEvents 1.0, structured")                                   \
    ROW(SLACK, slack, "an incoming webhook of Slack, and what is like it")                         \
    ROW(FEISHU, feishu, "a custom bot of Feishu or Lark")                                          \
    ROW(DINGTALK, dingtalk, "a custom robot of DingTalk")

typedef enum NotifyFormat {
#define NOTIFY_FORMAT_CONSTANT(constant, ...) NOTIFY_##constant,
    NOTIFY_FORMAT_ROWS(NOTIFY_FORMAT_CONSTANT)
#undef NOTIFY_FORMAT_CONSTANT
        NOTIFY_FORMAT_COUNT,
} NotifyFormat;

#define NOTICE_KIND_ROWS(ROW)                                                                      \
    ROW(HELD, held, "guards hold changes back")                                                    \
    ROW(FAILED, failed, "a channel or an instance fails")                                          \
    ROW(INVALID, invalid, "changed settings or rosters are refused")                               \
    ROW(MISSING, missing, "members of the roster are not live")                                    \
    ROW(DRIFT, drift, "a channel is not as its roster says for 3 passes")                          \
    ROW(CHANGED, changed, "a pass has changed something")

typedef enum NoticeKind {
#define NOTICE_KIND_CONSTANT(constant, ...) NOTICE_##constant,
    NOTICE_KIND_ROWS(NOTICE_KIND_CONSTANT)
#undef NOTICE_KIND_CONSTANT
        NOTICE_KIND_COUNT,
} NoticeKind;

#define NOTICE_BIT(kind) (UINT32_C(1) << (kind))

typedef struct Notifier {
    const char *url_file; /* a secret file that holds where to */
    NotifyFormat format;
    uint32_t kinds;       /* bits: of what */
    uint64_t repeat_usec; /* how often what lasts is told again; 0: never */
} Notifier;

/* In the order of their enumerations, for the tables that read them. */
extern const SchemaChoice notifier_format_choices[];
extern const SchemaChoice notifier_kind_choices[];

/* Their words. */
const char *notifier_format_text(NotifyFormat format);
const char *notifier_kind_text(NoticeKind kind);

/* NOTICE_KIND_COUNT: it is the word of none. */
NoticeKind notifier_kind_of(const char *word);
