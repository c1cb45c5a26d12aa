/* SPDX-License-Identifier: MIT */
/* Looking at an imaginary world: what its last pass sent and reported. */
#include "tests/world/world.h"

#define WORLD_BORN_USEC (1000 * USEC_PER_SEC)

const ChannelReport *world_report(const World *world, size_t roster)
{
    return &pass_get_report(world->pass)->channels[roster];
}

Result world_result(const World *world, size_t roster)
{
    return world_report(world, roster)->result;
}

uint32_t world_count_sent(const World *world, RequestKind kind)
{
    uint32_t count = 0;

    for (size_t i = 0; i < world->send_count; i++)
        count += world->sends[i].request.kind == kind;
    return count;
}

uint32_t world_count_extras(const World *world, size_t roster, Outcome outcome)
{
    const ChannelReport *report = world_report(world, roster);
    uint32_t count = 0;

    for (size_t i = 0; i < report->extra_count; i++)
        count += report->extras[i].outcome == outcome;
    return count;
}

uint64_t world_sent_at(const World *world, RequestKind kind, uint32_t nth)
{
    for (size_t i = 0; i < world->send_count; i++) {
        if (world->sends[i].request.kind == kind && --nth == 0)
            return world->sends[i].at_usec - WORLD_BORN_USEC;
    }
    fail_msg("there was no such request");
    return 0;
}
