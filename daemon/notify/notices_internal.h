/* SPDX-License-Identifier: MIT */
/* The inside of a Notices, for the files of daemon/notify. */
#pragma once

#include "daemon/log/log_once.h"
#include "daemon/notify/delivery.h"
#include "daemon/notify/note.h"
#include "daemon/notify/notices.h"

/* How the state names channels: as their roster does. */
#define NOTICES_BY_NAME "name:"
#define NOTICES_BY_ID "id:"

/* What becomes of conditions, in the making. */
typedef struct Telling {
    Arena arena; /* holds all that is pointed to */
    StoreTold *items;
    size_t count, capacity;
    bool failed; /* memory ran out */
} Telling;

struct Notices {
    sd_event *event;
    Http *http; /* NULL while nobody is told */
    const Config *config;
    Store *store;
    Delivery **deliveries; /* one for each of the settings' notifiers */
    size_t count;
    LogOnce log_once;
    bool is_invalid;       /* as it was told last, */
    bool is_invalid_known; /* if it was */
};

/* ---- telling.c ---- */

void telling_done(Telling *telling);

/* A condition as it becomes by a step, and the notice of it where people are told. `note` has what
 * is told; `key` names the channel in the state ("": none). */
void telling_step(Telling *telling, const Delivery *delivery, const StoreCondition *before,
                  NoticeStep step, const NoticeRecord *record, const Note *note,
                  const char *instance_key, const char *key);

/* A notice of no condition. */
void telling_happened(Telling *telling, const Delivery *delivery, const Note *note);

/* A condition is kept no more, and nobody is told. */
void telling_forget(Telling *telling, const StoreCondition *condition);

/* Keeps all of it, and sends. A failure is logged once: conditions are as they were, and the next
 * pass finds them again. */
void telling_commit(Telling *telling, Notices *notices, Delivery *delivery);
