/* SPDX-License-Identifier: MIT */
/* What a notice says: for people a title and lines, for programs an object of JSON. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/store/outbox.h"
#include "reconcile/notice/notice.h"

#define NOTE_MEMBERS_MAX 20

/* What is told. All is borrowed; NULL and 0 where there is none. */
typedef struct Note {
    NoticeKind kind;
    NoticeStep step; /* NOTICE_BEGINS, NOTICE_LASTS or NOTICE_ENDS */
    const char *instance_name;
    const char *channel_name; /* else it is of the whole instance */
    const char *channel_id;
    uint64_t time_usec, since_usec; /* realtime */
    const Report *report;           /* of the pass that found it */
    const InstanceReport *instance;
    const ChannelReport *channel;
    const char *why; /* for people */
} Note;

/* Texts whose unseen characters are shown; no format's signs are escaped. */
typedef struct NoteText {
    Buf title;
    Buf lines; /* each ends with a newline */
    Buf data;  /* an object of JSON */
} NoteText;

void note_text_done(NoteText *text);

/* "begins", "lasts", "ends"; of NOTICE_CHANGED "happened". */
const char *note_phase(NoticeKind kind, NoticeStep step);

/* "prod/payments", "prod", or "". */
void note_subject(const char *instance_name, const char *channel_name, Buf *buf);

/* 0 or -ENOMEM. `text` is done by the caller in either case. */
int note_write(const Note *note, NoteText *text);

/* The same of many at once; those are borrowed. */
int note_write_summary(const StoreNotices *notices, uint64_t time_usec, NoteText *text);
