/* rosterd: the daemon, one pass, and the offline check. */
#include <stdio.h>

#include "daemon/base/digest.h"
#include "daemon/base/file.h"
#include "daemon/base/log.h"
#include "daemon/exit_status.h"
#include "daemon/load.h"
#include "daemon/once.h"
#include "daemon/options.h"
#include "daemon/service.h"

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

static int rosterd_run(const Options *options)
{
    switch (options->action) {
    case ACTION_HELP:
        fputs(help, stdout);
        return EXIT_IN_SYNC;
    case ACTION_VERSION:
        puts("rosterd " ROSTERD_VERSION);
        return EXIT_IN_SYNC;
    case ACTION_CHECK:
        return load_check(options->config_path);
    case ACTION_ONCE:
    case ACTION_PLAN:
        return once_run(options);
    case ACTION_DAEMON:
    case ACTION_STATUS:
    case ACTION_HISTORY:
    case ACTION_UNDO:
    case ACTION_PAUSE:
    case ACTION_RESUME:
    case ACTION_APPROVE:
    case ACTION_RECONCILE:
        break;
    }
    return service_run(options);
}

int main(int argc, char *argv[])
{
    Options options;
    Err err = {0};
    int status = EXIT_USAGE;

    if (file_open_standard() < 0 || digest_use_vault() < 0)
        return EXIT_FAILED;
    if (options_parse_rosterd(argc, argv, &options, &err) < 0) {
        fprintf(stderr, "rosterd: %s\n", err.text);
    } else {
        log_setup(options.has_log_format ? options.log_format : log_format_default(),
                  options.log_level);
        status = rosterd_run(&options);
    }
    options_done(&options);
    return status;
}
