/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/json/json.h"
#include "daemon/report/page.h"
#include "daemon/report/row.h"

static int ctl_approve_show(json_object *root, bool colour, Buf *buf)
{
    const Page page = {.buf = buf, .colour = colour};
    char name[512];

    row_channel(root, name, sizeof(name));
    if (row_text(root, "instance")[0])
        page_printf(&page,
                    "approved: the next pass may carry out exactly this plan of %s, once, within "
                    "24 h",
                    name);
    else
        page_puts(&page,
                  "approved, but no plan of the last passes has this digest: it lets nothing "
                  "pass unless a pass within 24 h comes to exactly this plan");
    if (row_is_true(root, "dry_run"))
        page_puts(&page,
                  "; this rosterd is in dry run: it deletes nothing, and the approval is for "
                  "this run only");
    page_newline(&page);
    return buf_failed(buf);
}

int ctl_approve(const Options *options)
{
    json_object *request = json_new_object(), *root = NULL;
    Err err = {0};
    int status, r;

    json_put_text(request, "digest", options->digest);
    r = ctl_post(options, "/v1/approve", request, &root, &err);
    if (r < 0)
        return ctl_fail(r, &err);
    status = ctl_print_answer(options, root, ctl_approve_show);
    json_object_put(root);
    return status;
}
