/* Beats for people: a pass that somebody asks for, no pass for a while, the report of the last. */
#include "daemon/beat.h"

#include "daemon/base/clock.h"
#include "daemon/base/str.h"

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
    if (beat->run && why)
        run_stop(beat->run, why);
}

void beat_release(Beat *beat)
{
    beat->is_held = false;
    if (!beat->run && !beat->is_halted && beat_has_work(beat))
        beat_schedule(beat, 0);
}

void beat_keep_report(Beat *beat, Run *run)
{
    report_done(&beat->last);
    run_take_report(run, &beat->last);
    str_copy(beat->last_pass, sizeof(beat->last_pass), beat->last.pass_id);
    beat->last.pass_id = beat->last_pass;
    beat->last_usec = clock_realtime_usec();
}
