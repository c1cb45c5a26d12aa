/* SPDX-License-Identifier: MIT */
/* --help: options, the state file, faults, the admin interface. */
#include "tests/romasim/help.h"

#include <stdio.h>

static const char options[] =
    "romasim --state FILE|- [--bind ADDR] [--port N] [--port-file FILE] [--log FILE]\n"
    "        [--tls CERT,KEY] [--quiet]\n"
    "\n"
    "A strict stand-in for ROMA Connect's VPC channel member API, IAM and the metadata service.\n"
    "Port 0 (the default) is any free one; it stands in --port-file and on standard output.\n"
    "\n"
    "State (JSON): clock_skew_seconds, projects, tokens, keys, users, agency, instances, faults,\n"
    "iam_error_form (iam|keystone), key_lock_seconds, user_lock_seconds.\n"
    "An instance: prefix, project_id, instance_id, status, eventual_ms (deleted members stay in "
    "lists\n"
    "that long), change_ms (a change takes that long; another one of the same channel meanwhile "
    "gets\n"
    "500 APIG.9999), quota, page_max (rows of a page, whatever is asked\n"
    "for), channels, generate {channels, members, extras, name, port, group}.\n"
    "A channel: id, name, port (80), member_type (ip|ecs), vpc_channel_type (builtin|reference|\n"
    "microservice), type (2|3), balance_strategy, status, create_time, members, member_groups\n"
    "[{member_group_id, _name, _weight, _remark, reference_vpc_channel_id}].\n"
    "A member: host or ecs_id, id, port (the channel's), weight, member_group_name, status (1),\n"
    "is_backup, ecs_name, create_time. Both may have raw {fields set verbatim}, omit [fields left "
    "out].\n"
    "\n"
    "projects [{id, name}]; tokens [{token, project_id, expires_in}]; keys [{access, "
    "secret,\n"
    "security_token, project_id, expires_in}]; users [{domain, name, password, projects [id or "
    "name],\n"
    "token_seconds}]; agency {keys, metadata (v1|v2|both|none), rotate_seconds}. Seconds from "
    "now.\n"
    "For example: {\"tokens\": [{\"token\": \"T1\"}], \"instances\": [{\"channels\": [{\"name\": "
    "\"payments\",\n"
    "\"port\": 8080, \"members\": [{\"host\": \"10.1.0.5\"}, {\"host\": \"10.1.0.6\", \"port\": "
    "81}]}]}]}\n"
    "\n";

static const char faults[] =
    "Faults: [{\"match\":{method, path, channel, member, offset, op}, \"skip\":0, \"times\":-1,\n"
    "          \"then\":{...}}]; the first that fits and is not used up applies. times -1 is for "
    "ever.\n"
    "  status code message headers body content_type empty_200   another answer\n"
    "  effect            whether the operation takes place (default: not with another answer,\n"
    "                    reset, close or stall)\n"
    "  hold              the answer waits for POST /_sim/release\n"
    "  delay_ms reset close stall stall_after drip{bytes,every_ms} truncate chunked\n"
    "  oversize_bytes endless                                    on the wire\n"
    "  total_add size_add drop_rows repeat_row shift foreign_row raw_row extra_rows json_patch\n"
    "                    a list that lies: drop_rows and extra_rows leave the counts as they are,\n"
    "                    foreign_row and raw_row count, repeat_row replaces the last row\n"
    "  after {add_member, remove_member: {channel, member}}      people act behind this request\n"
    "\n";

static const char admin_paths[] =
    "The admin interface: GET, DELETE /_sim/requests; GET, DELETE /_sim/stats; GET /_sim/state;\n"
    "GET /_sim/members?channel=C; POST /_sim/members {channel, add, remove}; POST, DELETE\n"
    "/_sim/faults; POST /_sim/credentials {tokens, keys, users}; POST /_sim/release.\n";

void help_print(void)
{
    fputs(options, stdout);
    fputs(faults, stdout);
    fputs(admin_paths, stdout);
}
