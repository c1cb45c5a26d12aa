/* SPDX-License-Identifier: MIT */
/* The value of ~carry/K. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/store/carry.h"

/* What etcd takes beside a record. A larger one goes without sightings, then without the members as
 * they were before, then without conditions, then without quarantine. */
#define CARRY_VALUE_SIZE_MAX (1024U * 1024U)

/* What was left out of one. */
typedef enum CarryValueLeftOut {
    CARRY_WHOLE,
    CARRY_WITHOUT_SIGHTINGS,
    CARRY_WITHOUT_ORIGINALS,
    CARRY_WITHOUT_CONDITIONS,
    CARRY_WITHOUT_QUARANTINE,
} CarryValueLeftOut;

/* For people: "sightings"; "" for nothing. */
const char *carry_value_left_out_text(CarryValueLeftOut left_out);

/* Appends it to an empty buffer. A CarryValueLeftOut, or -ENOMEM. */
int carry_value_append(const StoreCarry *carry, uint64_t realtime_usec, Buf *json);

/* Reads one; "" is one that tells nothing. *ret_at_usec is when it was written. Errors as
 * pause_value_read(); `carry` is done by the caller, after a failure as well. */
int carry_value_read(const char *json, size_t size, StoreCarry *ret_carry, uint64_t *ret_at_usec,
                     Err *err);
