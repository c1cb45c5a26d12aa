/* SPDX-License-Identifier: MIT */
/* rosterctl: the person's tool. */
#include <string.h>

#include "daemon/cli/commands.h"
#include "daemon/cli/program.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/ctl_complete.h"

static const Program program = {
    .name = "rosterctl",
    .options = &commands_options,
    .parse = commands_parse,
    .run = ctl_run,
};

int main(int argc, char *argv[])
{
    if (argc > 1 && strcmp(argv[1], CTL_COMPLETE_WORD) == 0)
        return ctl_complete(argc - 2, argv + 2);
    return program_main(&program, argc, argv);
}
