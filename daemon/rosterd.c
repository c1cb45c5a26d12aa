/* SPDX-License-Identifier: MIT */
/* rosterd: the daemon, one pass, and the offline check. */
#include "daemon/cli/program.h"
#include "daemon/service/service.h"

static const Program program = {
    .name = "rosterd",
    .options = &options_of_rosterd,
    .parse = options_parse_rosterd,
    .run = service_run,
};

int main(int argc, char *argv[])
{
    return program_main(&program, argc, argv);
}
