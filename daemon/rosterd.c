/* SPDX-License-Identifier: MIT */
/* rosterd: the daemon, one pass, and the offline check. */
#include "daemon/cli/program.h"
#include "daemon/service/service.h"

static const char help[] =
    "rosterd [-c FILE] [--once [--approve DIGEST]... [--json]] [--dry-run] [--check]\n"
    "\n"
    "Keeps the members of ROMA Connect VPC channels equal to a roster: deletes those\n"
    "that nobody wrote down.\n"
    "\n"
    "  -c, --config FILE     settings; else $ROSTERD_CONFIG, else\n"
    "                        /etc/rosterd/rosterd.yaml\n"
    "      --once            one pass over all channels, a report, exit\n"
    "      --json            with --once: the report as JSON\n"
    "      --approve DIGEST  with --once: let exactly this plan pass its guards, once\n"
    "      --dry-run         nothing but reads leaves the machine\n"
    "      --check           read settings and rosters, print every error, ask nobody\n"
    "      --log-level LEVEL    err, warning, notice, info or debug (info)\n"
    "      --log-format FORMAT  text, json or journal (where stderr is the journal)\n"
    "      --version, --help\n"
    "\n"
    "Exit status of --once and --check: 0 in sync, 1 something failed, 2 drift is\n"
    "left, 3 a guard holds deletions back, 64 usage, 75 another rosterd holds the\n"
    "state, 78 settings or rosters are invalid. See also rosterctl --help.\n";

static const Program program = {
    .name = "rosterd",
    .help = help,
    .parse = options_parse_rosterd,
    .run = service_run,
};

int main(int argc, char *argv[])
{
    return program_main(&program, argc, argv);
}
