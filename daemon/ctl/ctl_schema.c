/* SPDX-License-Identifier: MIT */
#include "config/roster/roster.h"
#include "config/settings/settings.h"
#include "daemon/base/str.h"
#include "daemon/ctl/ctl_ask.h"
#include "daemon/ctl/ctl_commands.h"
#include "daemon/report/json_schema.h"

int ctl_schema(const Options *options)
{
    static const JsonSchema settings = {.title = "settings of rosterd",
                                        .schema = &settings_schema,
                                        .rosters = &roster_schema},
                            roster = {.title = "roster of rosterd", .schema = &roster_schema};
    _cleanup_(buf_done) Buf text = {0};

    if (json_schema_append(str_equal(options->document, "roster") ? &roster : &settings, &text) < 0)
        return ctl_no_memory();
    return ctl_print(&text);
}
