/* SPDX-License-Identifier: MIT */
#include "daemon/base/str.h"
#include "daemon/cli/control_path.h"
#include "daemon/cli/exit_status.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/json/json_writer.h"
#include "daemon/report/fleet_text.h"
#include "daemon/report/row.h"

static int ctl_fleet_look(const Options *options)
{
    _cleanup_(json_freep) Json *root = NULL;
    Err err = {0};
    int r = ctl_get(options, CONTROL_PATH_FLEET, &root, &err);

    return r < 0 ? ctl_fail(r, &err) : ctl_print_answer(options, root, fleet_text_append);
}

/* What it still owns, it gives away as soon as what is under way there is answered. */
static int ctl_fleet_show_change(const Json *root, bool colour, Buf *buf)
{
    const Page page = {.buf = buf, .colour = colour};
    uint64_t count = row_number(root, "owned");

    if (!row_is_true(root, "drained"))
        page_printf(&page, "%s: takes instances that are free", row_text(root, "host"));
    else if (count == 0)
        page_printf(&page, "%s: drained: it owns no instance, and takes none",
                    row_text(root, "host"));
    else
        page_printf(&page,
                    "%s: drained: it gives %s instance%s away as soon as what is under way there "
                    "is answered, and takes none",
                    row_text(root, "host"), row_text(root, "owned"), count == 1 ? "" : "s");
    page_newline(&page);
    return buf_failed(buf);
}

int ctl_fleet(const Options *options)
{
    _cleanup_(buf_done) Buf request = {0};

    if (!options->fleet_change)
        return ctl_fleet_look(options);
    buf_puts(&request, "{}\n");
    return ctl_change(options,
                      str_equal(options->fleet_change, "drain") ? CONTROL_PATH_DRAIN
                                                                : CONTROL_PATH_UNDRAIN,
                      &request, ctl_fleet_show_change);
}
