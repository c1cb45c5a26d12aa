/* SPDX-License-Identifier: MIT */
/* What becomes of conditions, gathered until it is kept in the state in one commit. */
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/log/message_ids.h"
#include "daemon/notify/identifier.h"
#include "daemon/notify/notices_internal.h"

void telling_done(Telling *telling)
{
    free(telling->items);
    arena_done(&telling->arena);
    *telling = (Telling){0};
}

static const char *telling_text(Telling *telling, const char *text)
{
    const char *copy = arena_string(&telling->arena, text ? text : "");

    telling->failed = telling->failed || !copy;
    return copy;
}

static void telling_add(Telling *telling, const StoreTold *told)
{
    if (mem_grow(&telling->items, &telling->capacity, telling->count + 1, sizeof(*telling->items)) <
        0)
        telling->failed = true;
    else
        telling->items[telling->count++] = *told;
}

/* The notice in the form of its receiver; NULL when memory ran out. */
static const StoreNotice *telling_make_notice(Telling *telling, const Delivery *delivery,
                                              const Note *note)
{
    _cleanup_(note_text_done) NoteText text = {0};
    _cleanup_(buf_done) Buf subject = {0}, body = {0};
    StoreNotice *notice = arena_alloc(&telling->arena, sizeof(*notice));
    char id[STORE_NOTICE_ID_SIZE];
    PayloadEvent event = {
        .id = id,
        .kind = notifier_kind_text(note->kind),
        .phase = note_phase(note->kind, note->step),
        .time_usec = note->time_usec,
    };

    identifier_make(id);
    note_subject(note->instance_name, note->channel_name, &subject);
    event.subject = buf_text(&subject);
    telling->failed = telling->failed || !notice || note_write(note, &text) < 0 ||
                      payload_append(delivery->notifier->format, &event, &text, &body) < 0 ||
                      buf_failed(&subject) < 0;
    if (telling->failed)
        return NULL;
    *notice = (StoreNotice){
        .id = telling_text(telling, id),
        .kind = event.kind,
        .phase = event.phase,
        .instance_name = telling_text(telling, note->instance_name),
        .channel_name = telling_text(telling, note->channel_name),
        .body = telling_text(telling, buf_text(&body)),
    };
    return notice;
}

void telling_step(Telling *telling, const Delivery *delivery, const StoreCondition *before,
                  NoticeStep step, const NoticeRecord *record, const Note *note,
                  const char *instance_key, const char *key)
{
    StoreTold told = {.is_over = step == NOTICE_ENDS || step == NOTICE_FORGET};
    Note told_note = *note;

    if (step == NOTICE_NOTHING || telling->failed)
        return;
    told_note.step = step;
    told_note.since_usec = before ? before->since_usec : note->time_usec;
    told.condition = (StoreCondition){
        .kind = notifier_kind_text(note->kind),
        .instance_key = telling_text(telling, instance_key),
        .channel = telling_text(telling, key),
        .instance_name = telling_text(telling, note->instance_name),
        .channel_name = telling_text(telling, note->channel_name),
        .since_usec = told_note.since_usec,
        .is_open = record->is_open,
        .passes = record->passes,
        .told_usec = record->told_usec,
    };
    if (step != NOTICE_KEEP && step != NOTICE_FORGET)
        told.notice = telling_make_notice(telling, delivery, &told_note);
    telling_add(telling, &told);
}

void telling_happened(Telling *telling, const Delivery *delivery, const Note *note)
{
    const StoreTold told = {.notice = telling_make_notice(telling, delivery, note)};

    if (!telling->failed)
        telling_add(telling, &told);
}

void telling_forget(Telling *telling, const StoreCondition *condition)
{
    const StoreTold told = {.condition = *condition, .is_over = true};

    telling_add(telling, &told);
}

void telling_commit(Telling *telling, Notices *notices, Delivery *delivery)
{
    Err err = {0};
    int r = 0;

    if (telling->count == 0 && !telling->failed)
        return;
    r = telling->failed
            ? err_memory(&err)
            : store_outbox_add(notices->store, delivery->key, telling->items, telling->count, &err);
    if (r < 0 && log_once_is_new(&notices->log_once, "", err.text))
        log_event(LOG_LEVEL_WARNING, &(LogFields){.message_id = MESSAGE_STATE},
                  "nobody is told of what has happened: %s", err.text);
    if (r < 0)
        return;
    log_once_forget(&notices->log_once, "");
    delivery_run(delivery);
}
