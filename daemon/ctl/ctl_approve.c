/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/digest.h"
#include "daemon/base/mem.h"
#include "daemon/base/str.h"
#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/ctl/ctl_kept.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/channel_text.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"

static int ctl_approve_show(const Json *root, bool colour, Buf *buf)
{
    const Page page = {.buf = buf, .colour = colour};
    char name[512];

    if (!json_find(root, "instance"))
        page_puts(&page, "approved: the next pass of the host that owns the instance may carry out "
                         "exactly the plan with this digest");
    else if (json_find(root, "id") || json_find(root, "name"))
        page_printf(&page, "approved: the next pass may carry out exactly this plan of %s",
                    row_channel(root, name, sizeof(name)));
    else
        page_printf(&page, "approved: the next pass may carry out exactly these plans of %s",
                    row_text(root, "instance"));
    if (row_is_true(root, "now"))
        page_puts(&page, ", also where its change window is closed");
    page_puts(&page, ", once, within 24 h");
    page_newline(&page);
    if (row_is_true(root, "pass_under_way"))
        page_puts(&page,
                  "a pass is under way: if it has judged the plan already, it is the one after "
                  "it; rosterctl reconcile has it follow at once");
    else if (row_text(root, "next_pass")[0])
        page_printf(&page, "the next pass begins at %s; rosterctl reconcile has one begin at once",
                    row_text(root, "next_pass"));
    else
        page_puts(&page, "rosterctl reconcile has a pass begin at once");
    if (row_is_true(root, "dry_run"))
        page_puts(&page,
                  "; this rosterd is in dry run: it deletes nothing, and the approval is for "
                  "this run only");
    page_newline(&page);
    return buf_failed(buf);
}

/* The whole digest of the one plan that is known by its beginning. */
static const char *ctl_approve_digest(const Json *known)
{
    bool is_instance = row_count(known, "instances") > 0;

    return row_text(row_at(known, is_instance ? "instances" : "channels", 0), "digest");
}

/* What the approval lets pass. */
static int ctl_approve_append(const ReportSource *source, const void *userdata, Buf *buf)
{
    const Json *known = source->root;
    const ChannelTextOptions options = {.is_one_of = row_count(known, "instances") > 0};
    const Page page = {.buf = buf};

    (void)userdata;
    for (size_t i = 0; i < row_count(known, "instances"); i++)
        channel_text_instance(&page, row_at(known, "instances", i));
    for (size_t i = 0; i < row_count(known, "channels"); i++) {
        const Json *channel = report_source_channel(source, i, buf);

        if (!channel)
            return -ENOMEM;
        channel_text_append(&page, channel, &options);
        report_source_flush(source, buf);
    }
    return buf_failed(buf);
}

/* Without a terminal rosterctl asks no question. */
static bool ctl_approve_is_confirmed(const Options *options)
{
    char answer[16];

    if (options->yes || isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1)
        return true;
    fprintf(stderr, "Let exactly this pass its guards%s, once? [y/N] ",
            options->now ? ", also where its change window is closed" : "");
    return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* Of what the daemon does not know it says so itself. */
static int ctl_approve_check(const Options *options, Kept *kept,
                             char digest[static DIGEST_HEX_SIZE])
{
    const Json *known = kept_root(kept);

    if (row_number(known, "plans") != 1)
        return EXIT_IN_SYNC;
    if (strlen(ctl_approve_digest(known)) == DIGEST_HEX_SIZE - 1)
        str_copy(digest, DIGEST_HEX_SIZE, ctl_approve_digest(known));
    if (ctl_print_kept(kept, options->json ? stderr : stdout, ctl_approve_append, NULL) !=
        EXIT_IN_SYNC)
        return EXIT_FAILED;
    return ctl_approve_is_confirmed(options) ? EXIT_IN_SYNC : ctl_say(EXIT_FAILED, "not approved");
}

static int ctl_approve_send(const Options *options, const char *digest)
{
    _cleanup_(buf_done) Buf request = {0};
    JsonWriter writer = {.buf = &request};

    json_open_object(&writer, NULL);
    json_put_text(&writer, "digest", digest);
    if (options->now)
        json_put_bool(&writer, "now", true);
    json_close_object(&writer);
    return ctl_change(options, CONTROL_PATH_APPROVE, &request, ctl_approve_show);
}

int ctl_approve(const Options *options)
{
    char digest[DIGEST_HEX_SIZE], target[DIGEST_HEX_SIZE + 32];
    _cleanup_(kept_freep) Kept *known = NULL;
    Err err = {0};
    int status, r;

    str_copy(digest, sizeof(digest), options->digest);
    snprintf(target, sizeof(target), CONTROL_PATH_STATUS "?digest=%s", digest);
    r = ctl_get_kept(options, target, false, &known, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_approve_check(options, known, digest);
    return status == EXIT_IN_SYNC ? ctl_approve_send(options, digest) : status;
}
