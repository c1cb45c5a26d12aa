/* SPDX-License-Identifier: MIT */
#include "daemon/report/progress_text.h"

#include <inttypes.h>

#include "daemon/base/clock.h"

void progress_text_append(const PassRun *run, Buf *buf)
{
    PassRunState state;
    uint64_t silent;

    pass_run_get_state(run, clock_monotonic_usec(), &state);
    /* Rounded, so that it shows at the first look, a second after the pass began. */
    silent = (state.silent_usec + USEC_PER_SEC / 2) / USEC_PER_SEC;
    if (state.channel_count == 0)
        buf_puts(buf, "reading the list of channels");
    else
        buf_printf(buf, "%zu of %zu channel%s read", state.read_count, state.channel_count,
                   state.channel_count == 1 ? "" : "s");
    if (state.changed_count > 0)
        buf_printf(buf, ", %zu member%s changed", state.changed_count,
                   state.changed_count == 1 ? "" : "s");
    if (state.wait_text)
        buf_printf(buf, "; sending again in %" PRIu64 " s: %s",
                   (state.wait_usec + USEC_PER_SEC - 1) / USEC_PER_SEC, state.wait_text);
    else if (silent > 0)
        buf_printf(buf, "; waiting for an answer of %s for %" PRIu64 " s",
                   state.instance_name ? state.instance_name : "the service", silent);
}
