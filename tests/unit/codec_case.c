/* SPDX-License-Identifier: MIT */
#include "tests/unit/codec_case.h"
#include "daemon/json/json_parser.h"

#include <string.h>

int codec_case_setup(void **state)
{
    CodecCase *codec_case = test_calloc(1, sizeof(*codec_case));

    assert_int_equal(json_parser_init(&codec_case->parser), 0);
    *state = codec_case;
    return 0;
}

int codec_case_teardown(void **state)
{
    CodecCase *codec_case = *state;

    members_done(&codec_case->members);
    channels_done(&codec_case->channels);
    json_parser_done(&codec_case->parser);
    test_free(codec_case);
    return 0;
}

void codec_case_assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}
