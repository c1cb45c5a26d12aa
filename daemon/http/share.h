/* SPDX-License-Identifier: MIT */
/*
 * How a server shares the event loop with passes, which may have work at every turn of it. Its
 * sources go before those of normal priority, so that whoever asks is heard in the middle of a
 * pass; and once they had a turn, they go last for some milliseconds, and for longer than that turn
 * took, so that no crowd of clients keeps a pass from going on. Where nothing else is to be done,
 * going last means no wait.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define SHARE_SOURCES_MAX 6

typedef struct Share {
    sd_event_source *sources[SHARE_SOURCES_MAX]; /* borrowed */
    size_t source_count;
    sd_event_source *rest; /* they go first again */
    bool is_resting;
    uint64_t begun_usec; /* the turn under way, monotonic */
} Share;

/* 0 or sd-event's error; share_done() in both cases. Must not move. */
int share_init(Share *share, sd_event *event);
void share_done(Share *share);

/* The source is of the share from now on, and leaves it before it ends. 0 or sd-event's error. */
int share_add(Share *share, sd_event_source *source);
void share_remove(Share *share, const sd_event_source *source);

/* Around all that a handler of one of the sources does. */
void share_begin_turn(Share *share);
void share_end_turn(Share *share);

/* How long the sources go last after a turn that took so long; both in microseconds. */
uint64_t share_rest_usec(uint64_t took_usec);
