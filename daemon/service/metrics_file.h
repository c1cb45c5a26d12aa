/* SPDX-License-Identifier: MIT */
/*
 * The file that has the metrics for node_exporter's textfile collector, replaced after each pass,
 * once a second at most. Nothing that happens to it is more than a line in the log: it is made a
 * part in each turn of the loop, written aside (aside.h), and while a file system does not answer,
 * it is left as it is.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/base/aside.h"
#include "daemon/log/log_once.h"
#include "daemon/web/metrics.h"

/* What there is to write, when it is written. */
typedef void (*MetricsFileView)(const void *userdata, WebView *ret_view);

typedef struct MetricsWriting MetricsWriting;

typedef struct MetricsFile {
    sd_event *event;
    MetricsFileView view;
    const void *userdata;
    sd_event_source *timer; /* writes what came too soon after the last; NULL: nothing did */
    MetricsWriting *made;   /* what is being made; NULL: nothing is */
    Metrics *metrics;       /* of it; NULL: nothing of it is made yet */
    sd_event_source *step;  /* makes the next part */
    Aside *writing;         /* NULL: nothing is being written */
    uint64_t written_usec;  /* monotonic, when it was begun last */
    LogOnce log_once;
} MetricsFile;

/* `event` and `userdata` are borrowed. */
void metrics_file_init(MetricsFile *file, sd_event *event, MetricsFileView view,
                       const void *userdata);
void metrics_file_done(MetricsFile *file);

/* What is being made is not to be written: the view is of another controller from now on. */
void metrics_file_drop(MetricsFile *file);

/* A pass has ended. Does nothing where the settings name no file. */
void metrics_file_on_pass(MetricsFile *file);
