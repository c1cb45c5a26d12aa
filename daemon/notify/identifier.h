/* SPDX-License-Identifier: MIT */
/* Names of notices, which no other notice has. */
#pragma once

#include <inttypes.h>
#include <stdio.h>

#include "daemon/base/random.h"
#include "daemon/store/outbox.h"

/* 32 hex digits. */
static inline void identifier_make(char ret_id[static STORE_NOTICE_ID_SIZE])
{
    snprintf(ret_id, STORE_NOTICE_ID_SIZE, "%016" PRIx64 "%016" PRIx64, random_bits(),
             random_bits());
}
