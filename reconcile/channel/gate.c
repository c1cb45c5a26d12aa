/* SPDX-License-Identifier: MIT */
#include "reconcile/channel/gate.h"

#include <assert.h>

static bool gate_has_freezes(const ChangeGate *gate)
{
    return gate->settings->freeze_count + gate->channel->freeze_count > 0;
}

GateLook gate_look(const ChannelPass *channel)
{
    const ChangeGate gate = config_gate(channel->config, channel->roster);
    ChangeGateState state;

    if (!change_gate_has_any(&gate) || (channel->is_enabling && !gate_has_freezes(&gate)))
        return (GateLook){.is_closed = false};
    if (channel->dispatch->has_clock_apart)
        return (GateLook){.is_closed = true, .reason = CHANGE_GATE_CLOCK_REASON};
    state = change_gate_look(&gate, channel->ops->realtime_usec(channel->context));
    return (GateLook){
        .is_closed = channel->is_enabling ? state.is_frozen : state.kind != CHANGE_GATE_OPEN,
        .may_be_opened = !state.is_frozen,
        .reason = state.reason,
        .until_usec = state.until_usec,
    };
}

bool gate_shuts(ChannelPass *channel)
{
    GateLook look;

    assert(!channel->is_done);
    if (channel->undo)
        return false;
    if (channel->is_shut)
        return true;
    look = gate_look(channel);
    if (!look.is_closed || (channel->opens_window && look.may_be_opened))
        return false;
    channel->is_shut = true;
    channel->is_paused = true;
    channel->report->pause_reason = look.reason;
    channel->report->pause_end_usec = look.until_usec;
    channel->report->pause_scope = PAUSE_SCOPE_WINDOW;
    return true;
}

void gate_show(ChannelReport *report, const Config *config, uint64_t realtime_usec)
{
    const RosterChannel *roster = report->channel;
    const ChangeGate gate = config_gate(config, roster);
    ChangeGateState state;

    if (config_pause_holds(roster, realtime_usec)) {
        report->pause_reason = roster->pause->reason;
        report->pause_end_usec = roster->pause->until_usec;
        report->pause_scope = PAUSE_SCOPE_ROSTER;
        return;
    }
    state = change_gate_look(&gate, realtime_usec);
    report->pause_reason = state.reason;
    report->pause_end_usec = state.until_usec;
    report->pause_scope = PAUSE_SCOPE_WINDOW;
}
