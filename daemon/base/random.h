/* SPDX-License-Identifier: MIT */
/* Chance, for jitter and for the key of hashes: nothing that guards a secret. */
#pragma once

#include <stdint.h>

/* 64 random bits; without the kernel's randomness the clock has to do. */
uint64_t random_bits(void);
