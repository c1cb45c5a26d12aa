/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <unistd.h>

#include "config/closed.h"
#include "config/load/config_load.h"
#include "daemon/base/clock.h"
#include "daemon/base/hang.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/print.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/report/validation.h"

static int ctl_validate_load(const Options *options, Problems *problems, Config **ret_config)
{
    _cleanup_hang_ Hang hang =
        hang_enter(options->config_path ? options->config_path : options->files[0]);
    int r = options->file_count > 0 ? config_load_rosters(options->config_path, options->files,
                                                          options->file_count, problems, ret_config)
                                    : config_load(options->config_path, problems, ret_config);

    if (r == 0)
        closed_warn(*ret_config, clock_realtime_usec(), &(*ret_config)->warnings);
    return r;
}

static int ctl_validate_append(const Validation *validation, ValidationFormat format, Buf *buf)
{
    switch (format) {
    case VALIDATION_JSON:
        return validation_append_json(validation, buf);
    case VALIDATION_GITHUB:
        return validation_append_github(validation, buf);
    case VALIDATION_GITLAB:
        return validation_append_gitlab(validation, buf);
    case VALIDATION_TEXT:
        break;
    }
    return validation_append_text(validation, buf);
}

/* Of a text, warnings and mistakes are errors, and with mistakes nothing is a result. */
static int ctl_validate_print(const Validation *validation, ValidationFormat format,
                              const Buf *text)
{
    _cleanup_(buf_done) Buf warnings = {0};

    if (format != VALIDATION_TEXT)
        return ctl_print(text);
    if (!validation->config) {
        print_errors(text);
        return EXIT_IN_SYNC;
    }
    problems_print(&validation->config->warnings, &warnings);
    if (buf_failed(&warnings) < 0 || warnings.size > 0)
        print_errors(&warnings);
    return ctl_print(text);
}

int ctl_validate(const Options *options)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(config_freep) Config *config = NULL;
    _cleanup_(buf_done) Buf text = {0};
    Validation validation = {
        .problems = &problems,
        .is_of_files = options->file_count > 0,
        .is_without_settings = !options->config_path,
        .shows_lines = isatty(STDERR_FILENO) == 1,
    };
    int status;

    if (ctl_validate_load(options, &problems, &config) == -ENOMEM)
        return ctl_no_memory();
    validation.config = config;
    if (ctl_validate_append(&validation, options->validation_format, &text) < 0)
        return ctl_no_memory();
    status = ctl_validate_print(&validation, options->validation_format, &text);
    return status == EXIT_IN_SYNC && !config ? EXIT_INVALID : status;
}
