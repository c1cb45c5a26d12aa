/* SPDX-License-Identifier: MIT */
#include "config/closed.h"

#include "daemon/base/clock.h"

#define CLOSED_YEAR_USEC (366 * 24 * USEC_PER_HOUR)

static bool closed_is_for_good(const ChangeGate *gate, uint64_t realtime_usec)
{
    ChangeGateState state;

    if (!change_gate_has_any(gate))
        return false;
    state = change_gate_look(gate, realtime_usec);
    return state.kind != CHANGE_GATE_OPEN &&
           (state.until_usec == 0 || state.until_usec > realtime_usec + CLOSED_YEAR_USEC);
}

void closed_warn(const Config *config, uint64_t realtime_usec, Problems *warnings)
{
    static const ChangeWindows none;
    const ChangeGate of_settings = {&config->windows, &none};

    if (closed_is_for_good(&of_settings, realtime_usec)) {
        problems_add(warnings, config->path, 0, 0, "",
                     "no change window opens within a year, so nothing is ever changed: look at "
                     "windows and freezes");
        return;
    }
    for (size_t i = 0; i < config->channel_count; i++) {
        const RosterChannel *channel = &config->channels[i];
        const ChangeGate gate = config_gate(config, channel);

        if (closed_is_for_good(&gate, realtime_usec))
            problems_add(warnings, channel->file, channel->line, 1, "",
                         "no change window of this channel opens within a year while one of the "
                         "settings is open, so nothing is ever changed in it: look at windows and "
                         "freezes of both");
    }
}
