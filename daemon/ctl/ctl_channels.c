/* SPDX-License-Identifier: MIT */
#include "daemon/cli/exit_status.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/ctl/ctl_survey.h"
#include "daemon/report/channels_text.h"

int ctl_channels(const Options *options)
{
    _cleanup_(json_freep) Json *root = NULL;
    int status = ctl_survey(options, options->members, &root);

    if (status != EXIT_IN_SYNC)
        return status;
    status = ctl_print_answer(options, root, channels_text_append);
    if (status == EXIT_IN_SYNC && channels_text_has_failed(root))
        return EXIT_FAILED;
    return status;
}
