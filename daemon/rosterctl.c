/* rosterctl: the person's tool. */
#include <stdio.h>

#include "daemon/base/digest.h"
#include "daemon/base/file.h"
#include "daemon/base/log.h"
#include "daemon/exit_status.h"
#include "daemon/load.h"
#include "daemon/once.h"
#include "daemon/options.h"

static const char help[] =
    "rosterctl COMMAND [-c FILE] [OPTIONS]\n"
    "\n"
    "  plan [--json]   what a pass would delete now, and which guard would hold it;\n"
    "                  changes nothing (the same as rosterd --once --dry-run)\n"
    "  validate        read settings and rosters, print every error, talk to nobody\n"
    "\n"
    "  -c, --config FILE        settings; else $ROSTERD_CONFIG, else\n"
    "                           /etc/rosterd/rosterd.yaml\n"
    "      --log-level LEVEL    err, warning, notice, info or debug (warning)\n"
    "      --log-format FORMAT  text, json or journal\n"
    "      --version, --help\n"
    "\n"
    "Exit status: 0 in sync, 1 something failed, 2 drift, 3 a guard would hold,\n"
    "64 usage, 78 settings or rosters are invalid. Colour only on a terminal, never\n"
    "with NO_COLOR.\n";

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
        break;
    }
    fputs(help, stdout);
    return EXIT_IN_SYNC;
}

int main(int argc, char *argv[])
{
    Options options;
    Err err = {0};
    int status = EXIT_USAGE;

    if (file_open_standard() < 0 || digest_use_vault() < 0)
        return EXIT_FAILED;
    if (options_parse_rosterctl(argc, argv, &options, &err) < 0) {
        fprintf(stderr, "rosterctl: %s\n", err.text);
    } else {
        log_setup(options.has_log_format ? options.log_format : log_format_default(),
                  options.log_level);
        status = rosterctl_run(&options);
    }
    options_done(&options);
    return status;
}
