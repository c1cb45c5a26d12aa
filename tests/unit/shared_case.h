/* SPDX-License-Identifier: MIT */
/* What tests of the values in etcd share. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/shared/approval_value.h"
#include "daemon/shared/carry_value.h"
#include "daemon/shared/intent_value.h"
#include "daemon/shared/pause_value.h"

#define AT UINT64_C(1795532645000000)
#define DIGEST "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY "https://roma.example p1 i1"

typedef struct Case {
    Arena arena;
    Buf text;
    Err err;
} Case;

static inline int setup(void **state)
{
    static Case fixture;

    fixture = (Case){0};
    *state = &fixture;
    return 0;
}

static inline int teardown(void **state)
{
    Case *fixture = *state;

    arena_done(&fixture->arena);
    buf_done(&fixture->text);
    return 0;
}

static inline void assert_says(const Err *err, const char *part)
{
    if (!strstr(err->text, part))
        fail_msg("\"%s\" does not say \"%s\"", err->text, part);
}

static inline void assert_text(const char *text, const char *wanted)
{
    if (!wanted)
        assert_null(text);
    else
        assert_string_equal(text, wanted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
