/* SPDX-License-Identifier: MIT */
/* Chance, for jitter: it wants no secrecy. */
#pragma once

#include <stdint.h>

/* 64 random bits; without the kernel's randomness the clock has to do. */
uint64_t random_bits(void);
