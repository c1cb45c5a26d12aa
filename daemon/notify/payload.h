/* SPDX-License-Identifier: MIT */
/* What is sent in each format, and what its receiver's answer means. */
#pragma once

#include "config/notifier.h"
#include "daemon/base/buf.h"
#include "daemon/http/client.h"
#include "daemon/notify/note.h"

/* The header with the type of what is sent. */
const char *payload_content_type(NotifyFormat format);

/* What CloudEvents tells of a notice beside its data. */
typedef struct PayloadEvent {
    const char *id; /* the same whenever it is sent */
    const char *kind, *phase;
    const char *subject; /* "": none */
    uint64_t time_usec;  /* realtime */
} PayloadEvent;

/* Appends the body. 0 or -ENOMEM. */
int payload_append(NotifyFormat format, const PayloadEvent *event, const NoteText *text, Buf *body);

#define PAYLOAD_WHY_SIZE 160

/* Whether it was taken, as the receiver's own words say; else why not, for people: nothing in it
 * comes from `url`, which is a secret. */
bool payload_was_taken(NotifyFormat format, const HttpAnswer *answer, const char *url,
                       char ret_why[static PAYLOAD_WHY_SIZE]);
