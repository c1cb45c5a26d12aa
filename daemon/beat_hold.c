/* Beats for people: a pass that somebody asks for, no pass for a while. */
#include "daemon/beat.h"

uint64_t beat_ask(Beat *beat)
{
    if (beat->run)
        beat->is_asked = true;
    else if (!beat->is_halted && beat_has_work(beat))
        beat_schedule(beat, 0);
    return beat->begun_count + 1;
}

void beat_hold(Beat *beat, const char *why)
{
    beat->is_held = true;
    beat_schedule(beat, 0);
    if (!beat->run || !why)
        return;
    beat->is_cut = true;
    run_stop(beat->run, why);
}

void beat_release(Beat *beat)
{
    beat->is_held = false;
    if (!beat->run && !beat->is_halted && beat_has_work(beat))
        beat_schedule(beat, 0);
}
