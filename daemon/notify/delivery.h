/* SPDX-License-Identifier: MIT */
/* Sends the notices of one notifier, one after the other, until its receiver takes them. */
#pragma once

#include <systemd/sd-event.h>

#include "config/config.h"
#include "daemon/base/secret.h"
#include "daemon/http/client.h"
#include "daemon/log/log_once.h"
#include "daemon/notify/note.h"
#include "daemon/notify/payload.h"

/* How long a notice is tried to be told. */
#define DELIVERY_USEC USEC_PER_DAY

typedef struct Delivery {
    Http *http;               /* borrowed, as what follows */
    const Notifier *notifier; /* of the settings in use */
    const char *directory;    /* of the settings */
    Store *store;
    size_t place; /* among the notifiers of the settings */
    char *key;    /* what the state knows it by */
    sd_event_source *timer;
    HttpTransfer *transfer;   /* under way; NULL: none is */
    StoreNotices under_way;   /* the notice that it sends */
    const char *headers[1];   /* likewise */
    Secret *url;              /* likewise: where to */
    uint64_t not_before_usec; /* monotonic */
    unsigned int failures;    /* in a row */
    NoticeWindow window;
    LogOnce log_once;
    uint64_t taken_usec, failed_usec; /* realtime */
    char error[320];
} Delivery;

/* NULL when out of memory, or where sd-event has no source left. */
Delivery *delivery_new(sd_event *event, const Notifier *notifier);
void delivery_free(Delivery *delivery);
DEFINE_CLEANUP(Delivery, delivery_free)

/* "slack chat.url": what the state knows a notifier by. NULL when out of memory. */
char *delivery_make_key(const Notifier *notifier);

/* Sends what may be sent now. */
void delivery_run(Delivery *delivery);
