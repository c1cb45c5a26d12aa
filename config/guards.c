/* SPDX-License-Identifier: MIT */
#include "config/guards.h"

#include <assert.h>

#include "daemon/base/str.h"

enum { SETTABLE, SWITCHABLE, FIXED };

static const GuardRow rows[GUARD_COUNT] = {
#define GUARD_ROW(constant, key, what, sentence, low, high, usual, how, whose, covered, kind)      \
    [GUARD_##constant] = {.name = #key,                                                            \
                          .unit = what,                                                            \
                          .help = sentence,                                                        \
                          .least = low,                                                            \
                          .most = high,                                                            \
                          .preset = usual,                                                         \
                          .holds = how,                                                            \
                          .scope = whose,                                                          \
                          .cover = covered,                                                        \
                          .is_fixed = (kind) == FIXED,                                             \
                          .may_be_off = (kind) == SWITCHABLE},
    GUARD_ROWS(GUARD_ROW)
#undef GUARD_ROW
};

const GuardRow *guards_row(GuardName name)
{
    assert(name < GUARD_COUNT);
    return &rows[name];
}

const GuardRow *guards_find(const char *name)
{
    for (size_t i = 0; i < GUARD_COUNT; i++) {
        if (str_equal(rows[i].name, name))
            return &rows[i];
    }
    return NULL;
}

uint64_t guards_limit(const Guards *guards, GuardName name)
{
    const GuardRow *row = guards_row(name);

    return row->is_fixed ? row->preset : guards->limits[name];
}

bool guards_refuse(GuardName name, uint64_t limit, uint64_t measured)
{
    switch (guards_row(name)->holds) {
    case GUARD_AT_MOST:
        return limit != GUARD_OFF && measured > limit;
    case GUARD_AT_LEAST:
        return measured < limit;
    case GUARD_BELOW:
        break;
    }
    return measured >= limit;
}

bool guards_is_as_strict(GuardName name, uint32_t limit, uint32_t than)
{
    return guards_row(name)->holds == GUARD_AT_LEAST ? limit >= than : limit <= than;
}
