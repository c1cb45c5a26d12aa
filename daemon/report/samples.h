/* SPDX-License-Identifier: MIT */
/* Samples as JSON. */
#pragma once

#include "daemon/json/json_writer.h"
#include "daemon/store/samples.h"

/* Puts {"samples": [...], "complete": ...}, with a newline at its end, part by part: on from the
 * sample `*at` (0 at first), until the writer's buffer holds `size_max` bytes or a little more. 1:
 * more follow; 0: that was the end; -ENOMEM. */
int report_samples_put(const StoreSamples *samples, size_t *at, JsonWriter *writer,
                       size_t size_max);
