/* SPDX-License-Identifier: MIT */
#include "daemon/cli/exit_status.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/ctl/ctl_kept.h"
#include "daemon/ctl/ctl_survey.h"
#include "daemon/report/channels_text.h"
#include "daemon/report/page.h"

static int ctl_channels_show(const ReportSource *source, const void *options, Buf *buf)
{
    return ((const Options *)options)->json
               ? report_source_append(source, buf)
               : channels_text_append(source, page_wants_colour(), buf);
}

int ctl_channels(const Options *options)
{
    _cleanup_(kept_freep) Kept *kept = NULL;
    int status = ctl_survey(options, options->members, &kept);

    if (status != EXIT_IN_SYNC)
        return status;
    status = ctl_print_kept(kept, stdout, ctl_channels_show, options);
    if (status == EXIT_IN_SYNC && channels_text_has_failed(kept_root(kept)))
        return EXIT_FAILED;
    return status;
}
