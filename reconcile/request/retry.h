/* SPDX-License-Identifier: MIT */
/* How long to wait before sending again (equal jitter). */
#pragma once

#include <stdint.h>

/* Half of d fixed and half random, where d = base x 2^n, capped; n = 0 before the first retry.
 * `random` is any 64 bits. */
uint64_t retry_delay_usec(uint64_t base_usec, uint64_t cap_usec, uint32_t n, uint64_t random);
