/* SPDX-License-Identifier: MIT */
#include "config/mode.h"

#include <assert.h>

const SchemaChoice mode_choices[] = {
#define MODE_CHOICE(constant, word, changes, help) [MODE_##constant] = {#word, help},
    MODE_ROWS(MODE_CHOICE)
#undef MODE_CHOICE
        [MODE_COUNT] = {NULL, NULL},
};

static const ModeChanges mode_changes[MODE_COUNT] = {
#define MODE_MAY(constant, word, changes, help) [MODE_##constant] = (ModeChanges)(changes),
    MODE_ROWS(MODE_MAY)
#undef MODE_MAY
};

const char *mode_text(Mode mode)
{
    assert(mode < MODE_COUNT);
    return mode_choices[mode].word;
}

bool mode_may(Mode mode, ModeChanges changes)
{
    assert(mode < MODE_COUNT && changes != MODE_CHANGES_NOTHING);
    return (mode_changes[mode] & changes) == changes;
}

bool mode_is_milder(Mode mode, Mode than)
{
    assert(mode < MODE_COUNT && than < MODE_COUNT);
    return (mode_changes[mode] & ~(unsigned)mode_changes[than]) == 0;
}
