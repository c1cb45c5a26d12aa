/* SPDX-License-Identifier: MIT */
/* Answers with channels, however many members these have: kept (kept.h), and printed while they are
 * put into words. */
#pragma once

#include "daemon/ctl/ctl_ask.h"
#include "daemon/report/kept.h"

/* As ctl_get() and ctl_post(); `is_long`: it is waited for as long as the daemon is at work. */
int ctl_get_kept(const Options *options, const char *target, bool is_long, Kept **ret_kept,
                 Err *err);
int ctl_post_kept(const Options *options, const char *target, const Buf *body, Kept **ret_kept,
                  Err *err);

/* How it is put into words (daemon/report), in its own way by `options`. 0 or -ENOMEM. */
typedef int (*ShowKept)(const ReportSource *source, const void *options, Buf *buf);

/* Prints what was kept while it is put into words: the exit status. */
int ctl_print_kept(Kept *kept, FILE *file, ShowKept show, const void *options);
