/* SPDX-License-Identifier: MIT */
#include "config/settings/guard_keys.h"

#include "daemon/base/mem.h"

#define GUARD_KEY(name_, help_, least, most, preset, switchable)                                   \
    {.name = #name_,                                                                               \
     .type = SCHEMA_UINT,                                                                          \
     .offset = offsetof(Guards, name_),                                                            \
     .min = least,                                                                                 \
     .max = most,                                                                                  \
     .fallback = preset,                                                                           \
     .may_be_off = switchable,                                                                     \
     .help = help_},
#define GUARD_KEY_SETTABLE(...) GUARD_KEY(__VA_ARGS__, false)
#define GUARD_KEY_SWITCHABLE(...) GUARD_KEY(__VA_ARGS__, true)
#define GUARD_KEY_FIXED(...)

static const SchemaKey keys[] = {
#define GUARD_KEY_ROW(constant, key, unit, help, least, most, preset, how, whose, covered, kind)   \
    GUARD_KEY_##kind(key, help, least, most, preset)
    GUARD_ROWS(GUARD_KEY_ROW)
#undef GUARD_KEY_ROW
};

_Static_assert(GUARD_OFF == SCHEMA_OFF, "a guard that is read as off is off");

const Schema guard_keys_schema = {.keys = keys, .count = ELEMENTS(keys)};
