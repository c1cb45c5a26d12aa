/* SPDX-License-Identifier: MIT */
/* The metrics of the process itself, by the names that all programs use. */
#pragma once

#include "daemon/base/buf.h"

/* Appends them. A failure sticks in `buf`; what the kernel does not tell is left out. */
void metrics_process_append(Buf *buf);
