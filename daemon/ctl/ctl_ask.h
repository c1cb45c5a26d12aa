/* SPDX-License-Identifier: MIT */
/* What rosterctl's commands share: asking the daemon, and printing its answer. */
#pragma once

#include <stdio.h>
#include <sys/stat.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/cli/options.h"
#include "daemon/http/unix_client.h"
#include "daemon/json/json_value.h"

/* Says it on standard error; returns the status. */
int ctl_say(int status, const char *text);
int ctl_no_memory(void);

/* Prints a text; the exit status. Where nobody reads it any more, the program ends by SIGPIPE, as
 * `rosterctl history | head` expects. */
int ctl_print(const Buf *text);
int ctl_print_to(FILE *file, const Buf *text);

/* How an answer is shown to people (daemon/report). */
typedef int (*Show)(const Json *root, bool colour, Buf *buf);

/* Prints an answer, as JSON where that is wanted. The exit status. */
int ctl_print_answer(const Options *options, const Json *root, Show show);

/* Reads an answer, or what would have been one. 0, -EPROTO, -ENOMEM, told in `err`. */
int ctl_parse(const Buf *body, Json **ret_root, Err *err);

/* Asks for what the daemon has at hand. 0 with the answer; -ENOENT and -ECONNREFUSED without a
 * daemon; -EBADMSG where settings or rosters are invalid, each mistake on standard error
 * already; -EXDEV where another daemon was found than the one meant; -EPERM when it refuses; else
 * as unix_client_ask(). All told in `err`. */
int ctl_get(const Options *options, const char *target, Json **ret_root, Err *err);

/* The same of an answer that is text, appended to `text`. */
int ctl_get_text(const Options *options, const char *target, Buf *text, Err *err);

/* The same with the text of an object to send. The answer is waited for as long as the
 * daemon is at work. */
int ctl_post(const Options *options, const char *target, const Buf *body, Json **ret_root,
             Err *err);

/* The same of an answer that goes to the request's on_body as it comes; `is_long`: it is waited for
 * as long as the daemon is at work. */
int ctl_ask_body(const Options *options, UnixRequest *request, bool is_long, Err *err);

/* Says in `err` that what answers is no rosterd; -EPROTO. */
int ctl_no_rosterd(Err *err);

/* What a daemon and rosterctl can do alike is for the daemon that runs with these settings, if
 * there is one: whether to ask it, and by which file it is told from others; and, by the error of
 * having asked, whether rosterctl is to do it itself. */
bool ctl_asks_daemon(const Options *options, struct stat *ret_settings);
bool ctl_is_for_us(const Options *options, int error);

/* ctl_post(), and what comes of it printed: the exit status. */
int ctl_change(const Options *options, const char *target, const Buf *body, Show show);

/* Whether the error says that no daemon runs. */
bool ctl_means_no_daemon(int error);

/* Says why; the exit status of an error of ctl_ask(). */
int ctl_fail(int error, const Err *err);
