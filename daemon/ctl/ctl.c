/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl.h"

#include "daemon/ctl/ctl_commands.h"

int ctl_run(const Options *options)
{
    switch (options->action) {
    case ACTION_HISTORY:
        return ctl_history(options);
    case ACTION_PAUSE:
        return ctl_pause(options);
    case ACTION_RESUME:
        return ctl_resume(options);
    case ACTION_APPROVE:
        return ctl_approve(options);
    case ACTION_RECONCILE:
        return ctl_reconcile(options);
    case ACTION_UNDO:
        return ctl_undo(options);
    case ACTION_PLAN:
        return ctl_plan(options);
    case ACTION_VALIDATE:
        return ctl_validate(options);
    case ACTION_CHANNELS:
        return ctl_channels(options);
    case ACTION_EXPORT:
        return ctl_export(options);
    case ACTION_SCHEMA:
        return ctl_schema(options);
    case ACTION_TRY:
        return ctl_check(options);
    case ACTION_METRICS:
        return ctl_metrics(options);
    case ACTION_FLEET:
        return ctl_fleet(options);
    case ACTION_STATUS:
    case ACTION_DAEMON:
    case ACTION_ONCE:
    case ACTION_CHECK:
    case ACTION_VERSION:
    case ACTION_HELP:
        break;
    }
    return ctl_status(options);
}
