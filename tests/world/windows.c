/* SPDX-License-Identifier: MIT */
#include "tests/world/windows.h"

#define WINDOWS_A_DAY 48U
#define HALF_HOUR_MINUTES 30U
#define OPEN_MINUTES 20U
#define ALL_DAYS 0x7f

static const Zone berlin = {
    .has_rule = true,
    .rule = {.offset = 3600,
             .has_summer = true,
             .summer_offset = 7200,
             .summer_start = {ZONE_DAY_OF_WEEK, 0, 5, 3, 7200},
             .summer_end = {ZONE_DAY_OF_WEEK, 0, 5, 10, 10800}},
};

static const ChangeWindow by_half_days[] = {
    {.days = ALL_DAYS, .from_minute = 0, .to_minute = 720, .zone = &zone_utc}};

static void set_short(ChangeWindows *windows)
{
    static ChangeWindow rows[WINDOWS_A_DAY];

    for (unsigned i = 0; i < WINDOWS_A_DAY; i++)
        rows[i] = (ChangeWindow){
            .days = ALL_DAYS,
            .from_minute = (uint16_t)(i * HALF_HOUR_MINUTES),
            .to_minute = (uint16_t)(i * HALF_HOUR_MINUTES + OPEN_MINUTES),
            .zone = &berlin,
        };
    *windows = (ChangeWindows){.windows = rows, .window_count = WINDOWS_A_DAY};
}

static void set_freeze(World *world, ChangeWindows *windows, bool is_over)
{
    Freeze *freeze = arena_alloc(&world->arena, sizeof(*freeze));

    if (!freeze)
        world_broken(world, "the test is out of memory");
    *freeze = (Freeze){
        .from_usec = is_over ? 0 : world->realtime_usec + world_below(world, USEC_PER_MINUTE),
        .to_usec = is_over ? world->realtime_usec
                           : world->realtime_usec + USEC_PER_MINUTE +
                                 world_below(world, 3 * USEC_PER_HOUR),
        .reason = "for a test",
    };
    *windows = (ChangeWindows){.freezes = freeze, .freeze_count = 1};
}

void world_set_windows(World *world, ChangeWindows *windows, unsigned choice)
{
    *windows = (ChangeWindows){.window_count = 0};
    if (choice == 1)
        set_short(windows);
    else if (choice == 2)
        *windows = (ChangeWindows){.windows = by_half_days, .window_count = 1};
    else if (choice > 2)
        set_freeze(world, windows, choice == 4);
}
