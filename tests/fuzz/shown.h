/* SPDX-License-Identifier: MIT */
/* What a person is shown: whole characters, none of which steers a terminal. */
#pragma once

#include <assert.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"

static inline void shown_check(const Buf *text)
{
    for (size_t at = 0; at < text->size;) {
        size_t length = utf8_sequence(text->data + at, text->size - at);

        assert(length > 0);
        assert(text->data[at] == '\n' || !utf8_is_unseen(utf8_decode(text->data + at, length)));
        at += length;
    }
}
