/* SPDX-License-Identifier: MIT */
/* The Ops of a PassRun: real time and chance, the service; pass_run_store.h has those of the state.
 */
#pragma once

#include "daemon/runtime/pass_run_internal.h"

/* The context is the PassRun. */
extern const Ops pass_run_ops;
