/* SPDX-License-Identifier: MIT */
/* What a pass, or a reload, says of the conditions that people are told of. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "config/instance_key.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/map.h"
#include "daemon/base/str.h"
#include "daemon/log/message_ids.h"
#include "daemon/notify/notices_internal.h"

/* One notifier looks at one report. */
typedef struct Looking {
    Delivery *delivery;
    const Report *report;
    const InstanceReport *instance;
    char instance_key[INSTANCE_KEY_SIZE];
    bool is_instance_failed;
    uint64_t now_usec; /* by the state's clock */
    StoreConditions conditions;
    Map by_key; /* of them: kind, a newline, channel */
    Arena keys;
    Telling telling;
} Looking;

static void looking_done(Looking *looking)
{
    store_outbox_conditions_done(&looking->conditions);
    map_done(&looking->by_key);
    arena_done(&looking->keys);
    telling_done(&looking->telling);
}

/* ---- finding what is known ---- */

static void looking_put_key(Buf *buf, NoticeKind kind, const char *prefix, const char *channel)
{
    buf_printf(buf, "%s\n%s%s", notifier_kind_text(kind), prefix, channel);
}

static int looking_index(Looking *looking)
{
    for (size_t i = 0; i < looking->conditions.count; i++) {
        StoreCondition *condition = &looking->conditions.items[i];
        NoticeKind kind = notifier_kind_of(condition->kind);
        _cleanup_(buf_done) Buf key = {0};
        const char *kept;

        if (kind == NOTICE_KIND_COUNT)
            continue;
        looking_put_key(&key, kind, "", condition->channel);
        kept = buf_failed(&key) < 0 ? NULL : arena_copy(&looking->keys, key.data, key.size);
        if (!kept || map_put(&looking->by_key, kept, key.size, condition) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* The condition as the state has it, or NULL. */
static const StoreCondition *looking_find(Looking *looking, NoticeKind kind, const char *prefix,
                                          const char *channel)
{
    _cleanup_(buf_done) Buf key = {0};

    if (looking->by_key.size == 0)
        return NULL;
    looking_put_key(&key, kind, prefix, channel);
    if (buf_failed(&key) < 0) {
        looking->telling.failed = true;
        return NULL;
    }
    return map_find(&looking->by_key, key.data, key.size);
}

/* ---- taking steps ---- */

static void looking_step(Looking *looking, const Note *note, Presence presence, const char *prefix,
                         const char *channel)
{
    const StoreCondition *before;
    NoticeRecord record = {0};
    NoticeStep step;
    _cleanup_(buf_done) Buf key = {0};

    if (presence == PRESENCE_UNKNOWN || (presence == PRESENCE_NO && looking->conditions.count == 0))
        return;
    before = looking_find(looking, note->kind, prefix, channel);
    if (before)
        record = (NoticeRecord){before->is_open, before->passes, before->told_usec};
    step = notice_step(&record, note->kind, presence, looking->delivery->notifier->repeat_usec,
                       looking->now_usec);
    buf_printf(&key, "%s%s", prefix, channel);
    looking->telling.failed = looking->telling.failed || key.failed;
    telling_step(&looking->telling, looking->delivery, before, step, &record, note,
                 looking->instance_key, buf_text(&key));
}

static void looking_at_channel(Looking *looking, const ChannelReport *channel)
{
    static const NoticeKind kinds[] = {NOTICE_HELD, NOTICE_FAILED, NOTICE_MISSING, NOTICE_DRIFT};
    const RosterChannel *roster = channel->channel;
    uint32_t wanted = looking->delivery->notifier->kinds;
    Note note = {
        .instance_name = looking->instance->name,
        .channel_name = channel->name ? channel->name
                        : channel->id ? channel->id
                                      : roster->id,
        .channel_id = channel->id,
        .time_usec = clock_realtime_usec(),
        .report = looking->report,
        .instance = looking->instance,
        .channel = channel,
    };

    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        if (!(wanted & NOTICE_BIT(kinds[i])))
            continue;
        note.kind = kinds[i];
        looking_step(looking, &note,
                     look_at_channel(kinds[i], wanted, channel, looking->instance,
                                     looking->is_instance_failed),
                     roster->name ? NOTICES_BY_NAME : NOTICES_BY_ID,
                     roster->name ? roster->name : roster->id);
    }
}

static void looking_at_instance(Looking *looking)
{
    static const NoticeKind kinds[] = {NOTICE_HELD, NOTICE_FAILED};
    Note note = {
        .instance_name = looking->instance->name,
        .time_usec = clock_realtime_usec(),
        .report = looking->report,
        .instance = looking->instance,
    };

    for (size_t i = 0; i < ELEMENTS(kinds); i++) {
        note.kind = kinds[i];
        if (looking->delivery->notifier->kinds & NOTICE_BIT(kinds[i]))
            looking_step(looking, &note,
                         look_at_instance(kinds[i], looking->report, looking->instance), "", "");
    }
}

static void looking_at_changes(Looking *looking)
{
    LookChanges changes = {0};
    const Note note = {
        .kind = NOTICE_CHANGED,
        .step = NOTICE_BEGINS,
        .instance_name = looking->instance->name,
        .time_usec = clock_realtime_usec(),
        .report = looking->report,
        .instance = looking->instance,
    };
    bool has_any = false;

    for (size_t i = 0; i < looking->report->channel_count; i++)
        has_any = look_add_changes(&looking->report->channels[i], &changes) || has_any;
    if (has_any)
        telling_happened(&looking->telling, looking->delivery, &note);
}

static int looking_run(Looking *looking, const Notices *notices, Err *err)
{
    const Report *report = looking->report;
    int r = store_outbox_conditions(notices->store, looking->delivery->key, looking->instance_key,
                                    &looking->conditions, err);

    if (r == 0 && looking_index(looking) < 0)
        r = err_memory(err);
    if (r < 0)
        return r;
    looking_at_instance(looking);
    for (size_t i = 0; i < report->channel_count; i++)
        looking_at_channel(looking, &report->channels[i]);
    if (looking->delivery->notifier->kinds & NOTICE_BIT(NOTICE_CHANGED))
        looking_at_changes(looking);
    return 0;
}

static void notices_log(Notices *notices, const Err *err)
{
    if (log_once_is_new(&notices->log_once, "", err->text))
        log_event(LOG_LEVEL_WARNING, &(LogFields){.message_id = MESSAGE_STATE},
                  "nobody is told of what has happened: %s", err->text);
}

void notices_on_report(Notices *notices, size_t instance, const Report *report)
{
    for (size_t i = 0; i < notices->count && notices->store && report->instance_count > 0; i++) {
        _cleanup_(looking_done) Looking looking = {
            .delivery = notices->deliveries[i],
            .report = report,
            .instance = &report->instances[0],
            .now_usec = store_outbox_now_usec(notices->store),
        };
        Err err = {0};

        assert(instance < notices->config->instance_count);
        instance_key(&notices->config->instances[instance], looking.instance_key);
        looking.is_instance_failed =
            look_at_instance(NOTICE_FAILED, report, looking.instance) == PRESENCE_YES;
        if (looking_run(&looking, notices, &err) < 0)
            notices_log(notices, &err);
        else
            telling_commit(&looking.telling, notices, looking.delivery);
    }
}

/* ---- settings and rosters ---- */

static void notices_look_at_validity(Notices *notices, Delivery *delivery, const char *invalid)
{
    _cleanup_(looking_done) Looking looking = {
        .delivery = delivery,
        .now_usec = store_outbox_now_usec(notices->store),
    };
    const Note note = {
        .kind = NOTICE_INVALID,
        .time_usec = clock_realtime_usec(),
        .why = invalid[0] ? invalid : NULL,
    };
    Err err = {0};
    int r = store_outbox_conditions(notices->store, delivery->key, "", &looking.conditions, &err);

    if (r == 0 && looking_index(&looking) < 0)
        r = err_memory(&err);
    if (r < 0) {
        notices_log(notices, &err);
        return;
    }
    looking_step(&looking, &note, invalid[0] ? PRESENCE_YES : PRESENCE_NO, "", "");
    telling_commit(&looking.telling, notices, delivery);
}

void notices_on_validity(Notices *notices, const char *invalid)
{
    /* What is refused may have to be told again. */
    if (notices->count == 0 || !notices->store ||
        (notices->is_invalid_known && !invalid[0] && !notices->is_invalid))
        return;
    notices->is_invalid_known = true;
    notices->is_invalid = invalid[0] != '\0';
    for (size_t i = 0; i < notices->count; i++) {
        if (notices->deliveries[i]->notifier->kinds & NOTICE_BIT(NOTICE_INVALID))
            notices_look_at_validity(notices, notices->deliveries[i], invalid);
    }
}
