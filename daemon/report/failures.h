/* SPDX-License-Identifier: MIT */
/* Channels of one instance that were not read for one and the same reason: that is told once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/mem.h"
#include "daemon/json/json_value.h"

typedef struct Failures {
    size_t *firsts; /* for each channel of a report, the first one with its reason; itself: none */
    size_t *counts; /* for each of these first ones, how many there are */
    bool *wholes;   /* for each of these: whether there are no others in the instance */
    size_t count;   /* of the report's channels */
} Failures;

/* Looks through a report. 0 or -ENOMEM; failures_done() in every case. */
int failures_collect(Failures *failures, const Json *root);
void failures_done(Failures *failures);

/* Of the channel with this number: whether others have its reason, whether it is the first of them,
 * and how many they are. */
bool failures_is_shared(const Failures *failures, size_t number);
bool failures_is_first(const Failures *failures, size_t number);
size_t failures_count(const Failures *failures, size_t number);

/* Whether that is what the whole instance failed by: several channels and, apart from those that
 * nothing can be read of, all that it has. */
bool failures_is_of_instance(const Failures *failures, size_t number);
