/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl_kept.h"

#include <errno.h>

#include "daemon/cli/exit_status.h"

static int ctl_on_body(void *userdata, const char *bytes, size_t size, Err *err)
{
    int r = kept_take(userdata, bytes, size, err);

    return r == -EPROTO ? ctl_no_rosterd(err) : r;
}

static int ctl_ask_kept(const Options *options, UnixRequest *request, bool is_long, Kept **ret_kept,
                        Err *err)
{
    _cleanup_(kept_freep) Kept *kept = NULL;
    int r = kept_new(&kept, err);

    request->on_body = ctl_on_body;
    request->body_userdata = kept;
    if (r == 0)
        r = ctl_ask_body(options, request, is_long, err);
    if (r < 0)
        return r;
    r = kept_end(kept, err);
    if (r == 0)
        *ret_kept = TAKE_PTR(kept);
    return r == -EPROTO ? ctl_no_rosterd(err) : r;
}

int ctl_get_kept(const Options *options, const char *target, bool is_long, Kept **ret_kept,
                 Err *err)
{
    UnixRequest request = {.method = "GET", .target = target};

    return ctl_ask_kept(options, &request, is_long, ret_kept, err);
}

int ctl_post_kept(const Options *options, const char *target, const Buf *body, Kept **ret_kept,
                  Err *err)
{
    UnixRequest request = {.method = "POST", .target = target, .body = buf_text(body)};

    return buf_failed(body) < 0 ? err_memory(err)
                                : ctl_ask_kept(options, &request, true, ret_kept, err);
}

/* ---- printing ---- */

/* What is printed while it is made. */
typedef struct CtlPrinting {
    FILE *file;
    int status; /* so far */
} CtlPrinting;

static int ctl_printing_flush(void *userdata, Buf *buf)
{
    CtlPrinting *printing = userdata;

    printing->status = ctl_print_to(printing->file, buf);
    buf_reset(buf);
    return printing->status == EXIT_IN_SYNC ? 0 : -EIO;
}

int ctl_print_kept(Kept *kept, FILE *file, ShowKept show, const void *options)
{
    CtlPrinting printing = {file, EXIT_IN_SYNC};
    const ReportSource whole = kept_source(kept);
    FlushedSource flushed = {&whole, ctl_printing_flush, &printing};
    const ReportSource source = report_source_flushed(&flushed);
    _cleanup_(buf_done) Buf text = {0};
    int r = show(&source, options, &text);

    if (printing.status != EXIT_IN_SYNC)
        return printing.status;
    if (r < 0)
        return err_is_set(kept_why(kept)) ? ctl_say(EXIT_FAILED, kept_why(kept)->text)
                                          : ctl_no_memory();
    return ctl_print_to(file, &text);
}
