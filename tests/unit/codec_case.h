/* SPDX-License-Identifier: MIT */
/* What tests of the codecs share: a parser, a list of each kind to parse into, and what is said of
 * a body that is no page. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/json/json_parser.h"
#include "daemon/roma/wire/channels.h"
#include "daemon/roma/wire/members.h"

typedef struct CodecCase {
    JsonParser parser;
    MemberList members;
    ChannelList channels;
    Err err;
} CodecCase;

int codec_case_setup(void **state);
int codec_case_teardown(void **state);

void codec_case_assert_has(const char *text, const char *part);

#define CODEC_TEST(function)                                                                       \
    cmocka_unit_test_setup_teardown(function, codec_case_setup, codec_case_teardown)
