/* SPDX-License-Identifier: MIT */
/* What came of an undo, as JSON. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/runtime/undo.h"

/* Its "result" where something was not turned back: something failed, or a guard holds it. */
#define REPORT_UNDO_FAILED "failed"
#define REPORT_UNDO_HELD "held"

/* Appends it once it is done, with a newline at its end. `replaced` are the pauses that the one of
 * the undo took the place of. 0 or -ENOMEM. */
int report_undo_append(const Undo *undo, bool dry_run, const StorePauses *replaced, Buf *buf);
