/* SPDX-License-Identifier: MIT */
/* What came of an undo, as JSON. */
#pragma once

#include "daemon/json/json_writer.h"
#include "daemon/runtime/undo.h"

/* Its "result" where something was not turned back: something failed, or a guard holds it. */
#define REPORT_UNDO_FAILED "failed"
#define REPORT_UNDO_HELD "held"

/* How far it is put that is put in several parts. Begins with what is told: all borrowed. */
typedef struct UndoPart {
    const Undo *undo;
    bool dry_run;
    const StorePauses *replaced; /* the pauses that the one of the undo took the place of */
    size_t channel, member;      /* the next one */
    bool is_begun, is_in_channel;
} UndoPart;

/* Puts it once it is done: on from where it was, until the writer's buffer holds `size_max` bytes
 * or a little more. 1: more follows; 0: that was the end; -ENOMEM. */
int report_undo_put(UndoPart *part, JsonWriter *writer, size_t size_max);

/* Appends all of it, with a newline at its end. 0 or -ENOMEM. */
int report_undo_append(const Undo *undo, bool dry_run, const StorePauses *replaced, Buf *buf);
