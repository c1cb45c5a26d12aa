/* SPDX-License-Identifier: MIT */
/*
 * A report, or what a survey found, kept in a file without a name while it is shown: the answer is
 * there as a whole before a word of it is, and memory holds its outline (source.h) and one channel.
 * The file stands in $TMPDIR, else in /tmp; where none can be made or the disk is full, it is one
 * of memory (memfd_create(2)).
 */
#pragma once

#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "daemon/report/source.h"

typedef struct Kept Kept;

/* 0; -ENOMEM; the errors of open(2); told in `err`. */
int kept_new(Kept **ret_kept, Err *err);
void kept_free(Kept *kept);
DEFINE_CLEANUP(Kept, kept_free)

/* Takes in what came of its JSON. 0; -EPROTO it is none; -ENOMEM; the errors of pwrite(2); told in
 * `err`. */
int kept_take(Kept *kept, const char *bytes, size_t size, Err *err);

/* When nothing more comes: 0, or the same errors. */
int kept_end(Kept *kept, Err *err);

/* Both, of what is made here: `next` appends the next part. 1: more follow; 0: that was the last;
 * -ENOMEM. */
int kept_take_parts(Kept *kept, int (*next)(void *userdata, Buf *part), void *userdata, Err *err);

/* Its outline. Borrowed. */
const Json *kept_root(const Kept *kept);

/* It as a source without a flush(). */
ReportSource kept_source(Kept *kept);

/* For a source: `userdata` is a Kept. kept_why() tells why there was none. */
const Json *kept_channel(void *userdata, size_t number);
const Err *kept_why(const Kept *kept);
