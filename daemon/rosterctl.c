/* SPDX-License-Identifier: MIT */
/* rosterctl: the person's tool. */
#include "daemon/cli/commands.h"
#include "daemon/cli/program.h"
#include "daemon/ctl/ctl.h"

static const Program program = {
    .name = "rosterctl",
    .options = &commands_options,
    .parse = commands_parse,
    .run = ctl_run,
};

int main(int argc, char *argv[])
{
    return program_main(&program, argc, argv);
}
