/* SPDX-License-Identifier: MIT */
/* The way of a request through the service: front gateway, credentials, checks, operation, faults.
 */
#include "tests/romasim/service.h"

#include <string.h>

#include "tests/romasim/answer.h"
#include "tests/romasim/auth.h"
#include "tests/romasim/channels.h"
#include "tests/romasim/credentials.h"
#include "tests/romasim/deform.h"
#include "tests/romasim/groups.h"
#include "tests/romasim/iam.h"
#include "tests/romasim/log.h"
#include "tests/romasim/members.h"
#include "tests/romasim/metadata.h"
#include "tests/romasim/route.h"
#include "tests/romasim/stats.h"
#include "tests/romasim/timing.h"

#define HEADER_MAX (32u << 10)

static enum MHD_Result on_header(void *userdata, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    size_t *longest = userdata, size = strlen(name) + (value ? strlen(value) : 0);

    (void)kind;
    *longest = size > *longest ? size : *longest;
    return MHD_YES;
}

/* Bounds of the front gateway (API.md section 3.2, code 0201). False: it is answered. */
static bool check_sizes(Request *r, bool parsed)
{
    size_t longest = 0;

    MHD_get_connection_values(r->connection, MHD_HEADER_KIND, on_header, &longest);
    if (strlen(r->uri) > REQUEST_URI_MAX)
        answer_error(r, 414, "APIG.0201", "Request URI too large");
    else if (longest > HEADER_MAX)
        answer_error(r, 494, "APIG.0201", "Request header too large");
    else if (r->body_too_long)
        answer_error(r, 413, "APIG.0201", "Request entity too large");
    else if (!parsed || !request_header(r, "Host") || request_count_header(r, "Host") != 1)
        answer_error(r, 400, "APIG.0201", "Bad request");
    else
        return true;
    return false;
}

/* Everything that can be said before the operation is looked at. The credentials are always judged,
 * whatever a fault will say: a wrong signature counts even in an outage. */
static bool pass_front_door(Request *r, bool parsed)
{
    if (!check_sizes(r, parsed) || !route_exists(r))
        return false;
    metadata_rotate();
    return !r->instance_id || auth_check(r);
}

static void perform_member_api(Request *r)
{
    static void (*const operations[OP_MAX])(Request *) = {
        [OP_LIST_MEMBERS] = members_list,
        [OP_ADD_MEMBERS] = members_add,
        [OP_OVERWRITE_MEMBERS] = members_overwrite,
        [OP_DELETE_MEMBER] = members_delete,
        [OP_ENABLE_MEMBERS] = members_enable,
        [OP_DISABLE_MEMBERS] = members_disable,
        [OP_LIST_CHANNELS] = channels_list,
        [OP_SHOW_CHANNEL] = channels_show,
        [OP_LIST_GROUPS] = groups_list,
        [OP_SHOW_GROUP] = groups_show,
        [OP_CREATE_GROUPS] = groups_create,
        [OP_UPDATE_GROUP] = groups_update,
        [OP_DELETE_GROUP] = groups_delete,
        [OP_SHOW_INSTANCE] = channels_show_instance,
        [OP_SHOW_CONFIGS] = channels_show_configs,
    };

    if (!route_check(r))
        return;
    if (request_op_mutates(r->op) && model_is_reference(r->channel)) {
        answer_error(r, 403, "APIG.3471",
                     "This operation cannot be performed on this type of VPC channel");
        return;
    }
    if (request_op_mutates(r->op) && r->channel->changing) {
        answer_error(r, 500, "APIG.9999", "System error");
        return;
    }
    operations[r->op](r);
    if (!r->is_applied)
        return;
    r->channel->changing = r;
    model_settle(r->channel);
}

static void perform(Request *r)
{
    if (r->op == OP_IAM_TOKEN)
        iam_create_token(r);
    else if (r->op == OP_METADATA)
        metadata_show_key(r);
    else if (r->op == OP_METADATA_TOKEN)
        metadata_create_token(r);
    else
        perform_member_api(r);
}

/* A request whose answer will never come changes nothing from now on: others may. */
static bool is_lost(const Request *r)
{
    return r->fault && (r->fault->reset || r->fault->close || r->fault->stall);
}

static const char *find_who(const Request *r)
{
    const char *text = request_header(r, "X-Auth-Token");
    const Token *token = text ? credentials_find_token(text) : NULL;

    return token ? token->who : NULL;
}

uint64_t service_handle(Request *r)
{
    bool parsed = request_parse(r);
    uint64_t wait_msec = 0;

    if (parsed)
        route_find(r);
    stats_begin(r);
    if (r->channel && request_op_mutates(r->op))
        stats_begin_mutation(r);
    r->who = find_who(r);
    r->fault = faults_take(r);
    log_begin(r);
    if (pass_front_door(r, parsed) && (!r->fault || r->fault->applies))
        perform(r);
    deform_answer(r);
    if (r->fault)
        wait_msec = r->fault->hold ? TIMING_HELD_MSEC : (uint64_t)r->fault->delay_msec;
    if (r->is_applied && !is_lost(r))
        wait_msec += (uint64_t)r->channel->instance->settings.change_msec;
    if (is_lost(r) && wait_msec == 0)
        service_finish(r, 0);
    return wait_msec;
}

void service_finish(Request *r, int status)
{
    if (r->channel && r->channel->changing == r)
        r->channel->changing = NULL;
    if (r->channel)
        stats_end_mutation(r);
    if (r->log_number > 0)
        log_end(r, status);
}
