/* SPDX-License-Identifier: MIT */
/*
 * A plan kept in a file, to be reviewed and carried out later: the report of a dry run as JSON,
 * when it was made, and a sum over both that tells damage. It proves nothing of who made it:
 * whoever may write the file chooses what is carried out, but never more than what rosterd itself
 * plans then.
 */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/report/source.h"
#include "reconcile/plan/chosen.h"

typedef struct PlanFile {
    ChosenPlans chosen; /* its plans live as long as the file */
    Arena arena;
} PlanFile;

void plan_file_done(PlanFile *file);

/* Puts the report of a dry run, made at that time, in the place of what is at the path: all of it,
 * or nothing is changed. Its source is gone through twice, and not flushed. 0; -ENOMEM; -EFBIG more
 * than plan_file_read() takes; the errors of file_replace(), told in `err`. */
int plan_file_write(const ReportSource *report, uint64_t made_usec, const char *path, Err *err);

/* Reads one, whatever its age. 0; -EBADMSG for what is no plan, is damaged, or is of another
 * version; the errors of file_read(); -ENOMEM; told in `err`. plan_file_done() in every case. */
int plan_file_read(const char *path, PlanFile *ret_file, Err *err);

/* ---- for what is no file ---- */

/* The text of one. 0 or -ENOMEM. */
int plan_file_append(const ReportSource *report, uint64_t made_usec, Buf *buf);

/* Takes one apart that is called `path`; as plan_file_read(). */
int plan_file_parse(const char *path, const Buf *text, PlanFile *ret_file, Err *err);
