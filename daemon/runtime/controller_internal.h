/* SPDX-License-Identifier: MIT */
/* The inside of a Controller, for its own files. */
#pragma once

#include "daemon/runtime/controller.h"

/* What reconcile/schedule has done. */
extern const ScheduleOps controller_ops;

/* For scheduler_init(). */
void controller_on_pass(Scheduler *scheduler, void *userdata);

/* After a pass or an undo. */
void controller_tell(Controller *controller);
