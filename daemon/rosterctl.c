/* SPDX-License-Identifier: MIT */
/* rosterctl: the person's tool. */
#include "daemon/cli/commands.h"
#include "daemon/cli/program.h"
#include "daemon/ctl/ctl.h"

static const char help[] =
    "rosterctl COMMAND [-c FILE] [OPTIONS]\n"
    "\n"
    "  plan [C]... [-v] [--summary] [--local]\n"
    "                     what a pass would delete now, which guard would hold it\n"
    "  validate           read settings and rosters, print every error, ask nobody\n"
    "Of the running rosterd (history and undo --dry-run work without one, too):\n"
    "  status [C] [--problems] [--exit-code | --watch]  as the last pass found it\n"
    "  history [--channel C] [--since 1h]      what was deleted, when, why\n"
    "  undo (--last | --pass ID | --action ID) [--channel C] [--dry-run]\n"
    "                     add deleted members back as they were, pause their channels\n"
    "  pause (C | --instance NAME | --all) --reason TEXT [--for 2h]  never change it\n"
    "  resume (C | --instance NAME | --all)    end the pause, say which still hold\n"
    "  approve DIGEST [--yes]                  let exactly this plan pass its guards\n"
    "  reconcile [C]      a pass that begins now; waits, exits like rosterd --once\n"
    "\n"
    "C is a channel: its name, its id, or instance/name. All but validate: --json.\n"
    "  -c, --config FILE  settings; else $ROSTERD_CONFIG, else\n"
    "                     /etc/rosterd/rosterd.yaml\n"
    "      --socket PATH  rosterd's control socket, where it is not the settings'\n"
    "      --log-level LEVEL, --log-format FORMAT, --version, --help\n"
    "\n"
    "Exit status: 0 in sync or done, 1 something failed or was refused, 2 drift,\n"
    "3 a guard holds, 64 usage, 69 no rosterd runs, 78 settings or rosters are\n"
    "invalid. Colour only on a terminal, never with NO_COLOR.\n";

static const Program program = {
    .name = "rosterctl",
    .help = help,
    .parse = commands_parse,
    .run = ctl_run,
};

int main(int argc, char *argv[])
{
    return program_main(&program, argc, argv);
}
