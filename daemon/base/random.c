/* SPDX-License-Identifier: MIT */
#include "daemon/base/random.h"

#include <sys/random.h>

#include "daemon/base/clock.h"

uint64_t random_bits(void)
{
    uint64_t value;

    if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != (ssize_t)sizeof(value))
        value = clock_monotonic_usec() * UINT64_C(0x9e3779b97f4a7c15);
    return value;
}
