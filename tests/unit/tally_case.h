/* SPDX-License-Identifier: MIT */
/* Two instances, and the channels of which tests count what becomes of them. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/runtime/tally.h"

#define ID_B "0000000000000000000000000000000b"

static const Instance instances[] = {
    {.name = "prod", .endpoint = "https://a", .project_id = "p", .instance_id = "i"},
    {.name = "test", .endpoint = "https://a", .project_id = "p", .instance_id = "j"},
};

static const RosterChannel named[] = {
    {.instance = 0, .name = "payments", .member_count = 2},
    {.instance = 0, .id = ID_B},
    {.instance = 1, .name = "payments"},
};
static const Config config = {
    .instances = instances, .instance_count = 2, .channels = named, .channel_count = 3};

static inline Tally *make(const Config *of)
{
    Tally *tally = NULL;

    assert_int_equal(tally_new(of, &tally), 0);
    return tally;
}
