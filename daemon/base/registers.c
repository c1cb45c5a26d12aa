/* SPDX-License-Identifier: MIT */
/* memcpy(3) takes as wide ones as the processor has, whatever this program was compiled for. */
#include "daemon/base/registers.h"

#if defined(__x86_64__)

#define CLEAR_WIDE(n) "vpxord %%zmm" #n ",%%zmm" #n ",%%zmm" #n "\n\t"
#define CLEAR_LOW(n) "pxor %%xmm" #n ",%%xmm" #n "\n\t"
#define LOW_REGISTERS                                                                              \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",       \
        "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

static void registers_clear_low(void)
{
    __asm__ volatile(CLEAR_LOW(0) CLEAR_LOW(1) CLEAR_LOW(2) CLEAR_LOW(3) CLEAR_LOW(4) CLEAR_LOW(5)
                         CLEAR_LOW(6) CLEAR_LOW(7) CLEAR_LOW(8) CLEAR_LOW(9) CLEAR_LOW(10)
                             CLEAR_LOW(11) CLEAR_LOW(12) CLEAR_LOW(13) CLEAR_LOW(14) CLEAR_LOW(15)::
                                 : LOW_REGISTERS);
}

/* rosterd itself uses none of these registers, so the compiler need not be told. */
static void registers_clear_high(void)
{
    __asm__ volatile(CLEAR_WIDE(16) CLEAR_WIDE(17) CLEAR_WIDE(18) CLEAR_WIDE(19) CLEAR_WIDE(20)
                         CLEAR_WIDE(21) CLEAR_WIDE(22) CLEAR_WIDE(23) CLEAR_WIDE(24) CLEAR_WIDE(25)
                             CLEAR_WIDE(26) CLEAR_WIDE(27) CLEAR_WIDE(28) CLEAR_WIDE(29)
                                 CLEAR_WIDE(30) CLEAR_WIDE(31)::);
}

void registers_clear(void)
{
    if (__builtin_cpu_supports("avx512f"))
        registers_clear_high();
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vzeroall" ::: LOW_REGISTERS);
    else
        registers_clear_low();
}

#elif defined(__aarch64__)

#define CLEAR(n) "movi v" #n ".2d, #0\n\t"

/* v8 to v15 are kept across calls, and hold nothing that memcpy(3) copied. */
void registers_clear(void)
{
    __asm__ volatile(CLEAR(0) CLEAR(1) CLEAR(2) CLEAR(3) CLEAR(4) CLEAR(5) CLEAR(6) CLEAR(7)
                         CLEAR(16) CLEAR(17) CLEAR(18) CLEAR(19) CLEAR(20) CLEAR(21) CLEAR(22)
                             CLEAR(23) CLEAR(24) CLEAR(25) CLEAR(26) CLEAR(27) CLEAR(28) CLEAR(29)
                                 CLEAR(30) CLEAR(31)::
                                     : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17",
                                       "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25",
                                       "v26", "v27", "v28", "v29", "v30", "v31");
}

#else

void registers_clear(void)
{
}

#endif
