/* rosterctl: the person's tool. */
#include <stdio.h>

#include "daemon/base/digest.h"
#include "daemon/base/file.h"
#include "daemon/base/log.h"
#include "daemon/commands.h"
#include "daemon/control/ctl.h"
#include "daemon/exit_status.h"
#include "daemon/load.h"
#include "daemon/once.h"
#include "daemon/options.h"

static const char help[] =
    "rosterctl COMMAND [-c FILE] [OPTIONS]\n"
    "\n"
    "  plan               what a pass would delete now, which guard would hold it\n"
    "  validate           read settings and rosters, print every error, ask nobody\n"
    "Of the running rosterd (history and undo --dry-run work without one, too):\n"
    "  status             every channel as the last pass found it\n"
    "  history [--channel C] [--since 1h]      what was deleted, when, why\n"
    "  undo (--last | --pass ID | --action ID) [--dry-run]\n"
    "                     add deleted members back as they were, pause their channels\n"
    "  pause C --reason TEXT [--for 2h]        read and report it, never change it\n"
    "  resume C           end the pause\n"
    "  approve DIGEST     let exactly this plan pass its guards, once\n"
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

static int rosterctl_run(const Options *options)
{
    switch (options->action) {
    case ACTION_PLAN:
    case ACTION_ONCE:
        return once_run(options);
    case ACTION_CHECK:
        return load_check(options->config_path);
    case ACTION_VERSION:
        puts("rosterctl " ROSTERD_VERSION);
        return EXIT_IN_SYNC;
    case ACTION_HELP:
    case ACTION_DAEMON:
        fputs(help, stdout);
        return EXIT_IN_SYNC;
    case ACTION_STATUS:
    case ACTION_HISTORY:
    case ACTION_UNDO:
    case ACTION_PAUSE:
    case ACTION_RESUME:
    case ACTION_APPROVE:
    case ACTION_RECONCILE:
        break;
    }
    return ctl_run(options);
}

int main(int argc, char *argv[])
{
    Options options;
    Err err = {0};
    int status = EXIT_USAGE;

    if (file_open_standard() < 0 || digest_use_vault() < 0)
        return EXIT_FAILED;
    if (commands_parse(argc, argv, &options, &err) < 0) {
        fprintf(stderr, "rosterctl: %s\n", err.text);
    } else {
        log_setup(options.has_log_format ? options.log_format : log_format_default(),
                  options.log_level);
        status = rosterctl_run(&options);
    }
    options_done(&options);
    return status;
}
