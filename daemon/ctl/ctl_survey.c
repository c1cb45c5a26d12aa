/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl_survey.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/survey_local.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_kept.h"
#include "daemon/http/unix_client.h"

/* CHANNELs go as lines: none of them has a line break in it. */
static void ctl_survey_target(const Options *options, bool reads_members,
                              const struct stat *settings, Buf *target)
{
    buf_printf(target, CONTROL_PATH_CHANNELS "?device=%ju&inode=%ju&members=%s",
               (uintmax_t)settings->st_dev, (uintmax_t)settings->st_ino,
               reads_members ? "true" : "false");
    if (options->instance) {
        buf_puts(target, "&instance=");
        unix_client_append_escaped(target, options->instance);
    }
    for (size_t i = 0; i < options->channel_count; i++) {
        buf_puts(target, i == 0 ? "&channel=" : "%0A");
        unix_client_append_escaped(target, options->channels[i]);
    }
}

static int ctl_survey_local(const Options *options, bool reads_members, Kept **ret_kept)
{
    _cleanup_(kept_freep) Kept *kept = NULL;
    Err err = {0};
    int r = kept_new(&kept, &err), status;

    if (r < 0)
        return ctl_fail(r, &err);
    status = survey_local(options, reads_members, kept);
    if (status == EXIT_IN_SYNC)
        *ret_kept = TAKE_PTR(kept);
    return status;
}

static int ctl_survey_check_names(const Options *options, Err *err)
{
    for (size_t i = 0; i < options->channel_count; i++) {
        if (strchr(options->channels[i], '\n'))
            return err_set(err, -EINVAL, "%.200s: a line break: name the channel by its id",
                           options->channels[i]);
    }
    return 0;
}

int ctl_survey(const Options *options, bool reads_members, Kept **ret_kept)
{
    _cleanup_(buf_done) Buf target = {0};
    struct stat settings;
    Err err = {0};
    int r;

    if (ctl_survey_check_names(options, &err) < 0)
        return ctl_say(EXIT_FAILED, err.text);
    if (!ctl_asks_daemon(options, &settings))
        return ctl_survey_local(options, reads_members, ret_kept);
    ctl_survey_target(options, reads_members, &settings, &target);
    r = buf_failed(&target) < 0 ? err_memory(&err)
                                : ctl_get_kept(options, buf_text(&target), true, ret_kept, &err);
    if (ctl_is_for_us(options, r))
        return ctl_survey_local(options, reads_members, ret_kept);
    if (r == -EFBIG)
        err_context(&err, r, "too many members at once, name an --instance or CHANNELs");
    return r < 0 ? ctl_fail(r, &err) : EXIT_IN_SYNC;
}
