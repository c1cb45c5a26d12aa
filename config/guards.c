/* SPDX-License-Identifier: MIT */
#include "config/guards.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "daemon/base/str.h"

enum { SETTABLE, SWITCHABLE, FIXED };

static const GuardRow rows[GUARD_COUNT] = {
#define GUARD_ROW(constant, key, single, many, sentence, low, high, usual, how, whose, covered,    \
                  kind)                                                                            \
    [GUARD_##constant] = {.name = #key,                                                            \
                          .one = single,                                                           \
                          .several = many,                                                         \
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

/* ", limit 10", or "" where there is none that anybody could set. */
static const char *guards_limit_text(const GuardRow *row, uint64_t limit, char *ret_text,
                                     size_t size)
{
    bool is_least = row && row->holds == GUARD_AT_LEAST;

    *ret_text = '\0';
    if (!row || (row->several[0] && row->scope != GUARD_OF_FLEET))
        snprintf(ret_text, size, ", %s %" PRIu64, is_least ? "at least" : "limit", limit);
    return ret_text;
}

const char *guards_describe(const GuardRow *row, uint64_t planned, uint64_t limit, const char *why,
                            char *ret_text, size_t size)
{
    const char *unit = !row ? "planned" : planned == 1 ? row->one : row->several;
    char text[48];

    if (!str_is_empty(why))
        str_copy(ret_text, size, why);
    else if (row && !row->several[0])
        str_copy(ret_text, size, row->one);
    else
        snprintf(ret_text, size, "%" PRIu64 " %s%s", planned, unit,
                 guards_limit_text(row, limit, text, sizeof(text)));
    return ret_text;
}

const char *guards_describe_short(const GuardRow *row, const char *name, uint64_t planned,
                                  uint64_t limit, char *ret_text, size_t size)
{
    char text[48];

    guards_limit_text(row, limit, text, sizeof(text));
    if (text[0])
        snprintf(ret_text, size, "%s %" PRIu64 "%s", name, planned, text);
    else
        str_copy(ret_text, size, name);
    return ret_text;
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
