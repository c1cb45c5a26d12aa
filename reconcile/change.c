/* SPDX-License-Identifier: MIT */
#include "reconcile/change.h"

#include <assert.h>

#include "daemon/base/mem.h"
#include "daemon/base/str.h"

static const char *const words[] = {
#define CHANGE_WORD(constant, word) [CHANGE_##constant] = #word,
    CHANGE_ROWS(CHANGE_WORD)
#undef CHANGE_WORD
};

const char *change_kind_text(ChangeKind kind)
{
    assert(kind < CHANGE_KIND_COUNT);
    return words[kind];
}

ChangeKind change_kind_of(const char *word)
{
    for (ChangeKind kind = 0; kind < CHANGE_KIND_COUNT; kind++) {
        if (str_equal(word, words[kind]))
            return kind;
    }
    return CHANGE_KIND_COUNT;
}
