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
    "An instance: prefix, project_id, instance_id, status, channels, generate {channels, members,\n"
    "extras, name, port, group}, and its settings (below).\n"
    "A channel: id, name, port (80), member_type (ip|ecs), vpc_channel_type (builtin|reference|\n"
    "microservice), type (2|3), balance_strategy, status, create_time, members, quota,\n"
    "member_groups [{member_group_id, _name, _weight, _remark, reference_vpc_channel_id}].\n"
    "A member: host or ecs_id, id, port (the channel's), weight, member_group_name, status (1),\n"
    "is_backup, ecs_name, create_time. Both may have raw {fields set verbatim}, omit [fields left "
    "out].\n"
    "\n"
    "projects [{id, name}]; tokens [{token, project_id, expires_in, who}]; keys [{access,\n"
    "secret, security_token, project_id, expires_in}]; users [{domain, name, password, projects\n"
    "[id or name], token_seconds}]; agency {keys, metadata (v1|v2|both|none), rotate_seconds}.\n"
    "Seconds from now.\n"
    "For example: {\"tokens\": [{\"token\": \"T1\"}], \"instances\": [{\"channels\": [{\"name\": "
    "\"payments\",\n"
    "\"port\": 8080, \"members\": [{\"host\": \"10.1.0.5\"}, {\"host\": \"10.1.0.6\", \"port\": "
    "81}]}]}]}\n"
    "\n";

static const char settings[] =
    "Settings of an instance, in the state and by POST /_sim/settings; the first word is the "
    "default,\n"
    "numbers are 0 by default, which is off. What the service does is not documented where there "
    "are\n"
    "words.\n"
    "  change_ms             a change takes that long; another one of the same channel meanwhile,\n"
    "                        of whatever kind, gets 500 APIG.9999\n"
    "  eventual_ms           deleted members stay in lists that long\n"
    "  eventual_add_ms, eventual_update_ms, eventual_switch_ms\n"
    "                        lists show members added, updated, enabled or disabled that late\n"
    "  quota                 members that a channel may have, else 403 APIG.3110 (the service's\n"
    "                        default is 10); a channel may have its own: {channel, quota}\n"
    "  page_max              rows of a page, whatever is asked for\n"
    "  posted_max batch_max  members of a POST, ids of a batch-*, else 400 APIG.2012\n"
    "  left_out_fields       reset | kept: what an upsert makes of fields that it leaves out\n"
    "  missing_group         refused (404 APIG.3022) | created\n"
    "  add_answer            posted | all: the members in the 201 answer\n"
    "  unknown_member        refused (404 APIG.3024) | ignored (204): ids of a batch-*\n"
    "  repeated_add          taken | refused (400 APIG.3309): an upsert that changes nothing\n"
    "  repeated_switch       taken | refused (400 APIG.3309): a batch-* that changes nothing\n"
    "  zero_port             resolved | kept: port 0 or none is listed as the channel's, or as 0\n"
    "  hosts                 any | ipv4 (others: 400 APIG.2015)\n"
    "  deleted_group         with_members | without_members: they go with it, or leave the group\n"
    "  zero_group_weight     none | given: a group's weight of 0 is none, or is its members'\n"
    "  no_group_weight       left_out | null | zero: how groups without a weight show it\n"
    "  configs               served | absent: GET .../project/configs\n"
    "  channel_filter        exact | ignored | prefix | any_case | empty | refused (400 "
    "APIG.2012):\n"
    "                        what becomes of id and name in the list of channels\n"
    "\n";

static const char faults[] =
    "Faults: [{\"match\":{method, path, channel, member, offset, op, who}, \"skip\":0,\n"
    "          \"times\":-1, \"then\":{...}}]; the first that fits and is not used up applies.\n"
    "          times -1 is for ever.\n"
    "  status code message headers body content_type empty_200   another answer\n"
    "  effect            whether the operation takes place (default: not with another answer,\n"
    "                    reset, close or stall)\n"
    "  hold              the answer waits for POST /_sim/release\n"
    "  delay_ms reset close stall stall_after drip{bytes,every_ms} truncate chunked\n"
    "  oversize_bytes endless                                    on the wire\n"
    "  total_add size_add drop_rows repeat_row shift foreign_row raw_row extra_rows json_patch\n"
    "                    a list that lies: drop_rows and extra_rows leave the counts as they are,\n"
    "                    foreign_row and raw_row count, repeat_row replaces the last row\n"
    "  after {add_member, remove_member, edit_member, enable_member, disable_member: {channel,\n"
    "        member}, set_group: {channel, group}}               people act behind this request\n"
    "match.member is a host, ecs_id or id, of a DELETE or in the body of a POST; match.op is one "
    "of\n"
    "list_members add_members overwrite_members delete_member enable_members disable_members\n"
    "list_channels show_channel list_groups show_group create_groups update_group delete_group\n"
    "show_instance show_configs iam_token metadata metadata_token; match.who, and who in the log,\n"
    "is the who of the token that a request has.\n"
    "\n";

static const char admin_paths[] =
    "The admin interface:\n"
    "  GET, DELETE /_sim/requests   each with the body of a change and its effects on members\n"
    "  GET, DELETE /_sim/effects    add, update (fields), enable, disable, delete, in order, by\n"
    "                               requests and (request null) by people\n"
    "  GET, DELETE /_sim/stats      effects of requests, edits of people, least_in_service: the\n"
    "                               fewest enabled members that a channel had since the DELETE, "
    "for\n"
    "                               channels that anything changed in\n"
    "  GET /_sim/state, GET /_sim/members?channel=C   in_service, least_in_service, members\n"
    "  POST /_sim/members {channel, remove [names], groups [{member_group_name,\n"
    "       member_group_weight}], add [members], edit [{member: name, weight, status, is_backup,\n"
    "       ecs_name}], enable [names], disable [names]}; a name is a host, host:port, ecs_id or "
    "id\n"
    "  GET, POST /_sim/settings {settings, instance (all)} or {channel, quota}\n"
    "  POST, DELETE /_sim/faults; POST /_sim/credentials {tokens, keys, users}; POST "
    "/_sim/release\n";

void help_print(void)
{
    fputs(options, stdout);
    fputs(settings, stdout);
    fputs(faults, stdout);
    fputs(admin_paths, stdout);
}
