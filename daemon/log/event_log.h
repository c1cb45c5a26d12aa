/* SPDX-License-Identifier: MIT */
/* What a pass tells, as log events. */
#pragma once

#include "reconcile/ops.h"

/* Logs it: a deletion at notice, a guard's refusal at warning, a failing instance at err. What is
 * not new (the last pass logged it, and nothing changed) goes to debug. */
void event_log_write(const Event *event, bool is_new);
