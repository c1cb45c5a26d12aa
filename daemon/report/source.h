/* SPDX-License-Identifier: MIT */
/* A report, or what a survey found, as it is shown: however many members it has, no more of it is
 * held as JSON than its outline and one channel. */
#pragma once

#include <stdbool.h>

#include "daemon/base/buf.h"
#include "daemon/json/json_value.h"
#include "daemon/json/json_writer.h"

/* What is flushed at once: less is not worth the while. */
#define REPORT_FLUSH_SIZE (64U * 1024U)

typedef struct ReportSource {
    /* All of it; where `channel` is set, channels without rows, which are counted under "more"
     * (list_json.h). Borrowed. */
    const Json *root;
    /* The channel of that number with all its rows, borrowed until the next call. NULL where it
     * cannot be had: whoever made the source knows why. */
    const Json *(*channel)(void *userdata, size_t number);
    /* Takes what was made of some of it, and empties the buffer. NULL: it stays there. */
    int (*flush)(void *userdata, Buf *buf);
    void *userdata;
} ReportSource;

/* A channel with all its rows. NULL, and the buffer has failed, where it cannot be had. */
const Json *report_source_channel(const ReportSource *source, size_t number, Buf *buf);

/* The same report with another flush(), which is given its own `userdata`. */
typedef struct FlushedSource {
    const ReportSource *report; /* borrowed */
    int (*flush)(void *userdata, Buf *buf);
    void *userdata;
} FlushedSource;

ReportSource report_source_flushed(FlushedSource *flushed);

/* Between two channels. A failure sticks in the buffer. */
void report_source_flush(const ReportSource *source, Buf *buf);

/* Puts all of it as a value; or appends it, with a newline at its end: 0 or -ENOMEM. */
void report_source_put(const ReportSource *source, JsonWriter *writer, const char *key);
int report_source_append(const ReportSource *source, Buf *buf);

/* Puts what a channel is without its rows, in the place of which it says how many there are. */
void report_source_put_outline(JsonWriter *writer, const Json *channel);
