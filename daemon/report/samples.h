/* SPDX-License-Identifier: MIT */
/* Samples as JSON. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/store/samples.h"

/* Appends {"samples": [...], "complete": ...}, with a newline at its end. 0 or -ENOMEM. */
int report_samples_append(const StoreSamples *samples, Buf *buf);
