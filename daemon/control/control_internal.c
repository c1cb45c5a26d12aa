/* SPDX-License-Identifier: MIT */
#include "daemon/control/control_internal.h"

#include <errno.h>

int control_writable(const Control *control, Err *err)
{
    if (control->dry_run)
        return err_set(err, -EPERM, "this rosterd is in dry run, and records nothing");
    if (control->state->store)
        return 0;
    *err = control->state->err;
    return -EIO;
}
