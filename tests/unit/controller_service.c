/* SPDX-License-Identifier: MIT */
#include "tests/unit/controller_service.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/buf.h"
#include "daemon/base/str.h"

ControllerService controller_service;

void controller_service_reset(void)
{
    static const ServedChannel first = {.id = FIRST,
                                        .name = "payments",
                                        .network = 1,
                                        .weight = 7,
                                        .members = {[1] = true, [2] = true, [3] = true}};
    static const ServedChannel second = {
        .id = SECOND, .name = "orders", .network = 2, .weight = 7, .members = {[1] = true}};

    controller_service = (ControllerService){.channels = {first, second}, .headers = ""};
}

/* ---- what is read ---- */

static void serve_token(PeerConnection *connection)
{
    controller_service.logins++;
    if (controller_service.mutes_logins)
        return;
    if (controller_service.iam_status != 0)
        peer_answer(connection, controller_service.iam_status, controller_service.headers,
                    "{\"error\":{\"code\":401,\"message\":\"not you\"}}");
    else
        peer_answer(connection, 201, "X-Subject-Token: MIIissuedissuedissued\r\n",
                    "{\"token\":{\"expires_at\":\"2030-01-02T00:00:00.000000Z\","
                    "\"issued_at\":\"2030-01-01T00:00:00.000000Z\"}}");
}

static void serve_channels(PeerConnection *connection)
{
    char body[512];

    snprintf(body, sizeof(body),
             "{\"total\":2,\"size\":2,\"vpc_channels\":["
             "{\"id\":\"%s\",\"name\":\"%s\",\"type\":2,\"member_type\":\"ip\",\"port\":80},"
             "{\"id\":\"%s\",\"name\":\"%s\",\"type\":2,\"member_type\":\"ip\",\"port\":80}]}",
             FIRST, controller_service.channels[0].name, SECOND,
             controller_service.channels[1].name);
    peer_answer(connection, 200, "", body);
}

static void serve_members(PeerConnection *connection, const ServedChannel *channel)
{
    _cleanup_(buf_done) Buf body = {0};
    const char *separator = "";
    int count = 0;

    for (int i = 1; i <= MEMBERS_MAX; i++)
        count += channel->members[i];
    buf_printf(&body, "{\"total\":%d,\"size\":%d,\"members\":[", count, count);
    for (int i = 1; i <= MEMBERS_MAX; i++) {
        if (!channel->members[i])
            continue;
        buf_printf(&body,
                   "%s{\"id\":\"%d0%d\",\"vpc_channel_id\":\"%s\",\"host\":\"10.%d.0.%d\","
                   "\"port\":80,\"weight\":%d%s}",
                   separator, channel->network, i, channel->id, channel->network, i,
                   channel->weight, channel->disabled[i] ? ",\"status\":2" : "");
        separator = ",";
    }
    buf_puts(&body, "]}");
    peer_answer(connection, 200, "", buf_text(&body));
}

static void refuse(PeerConnection *connection, int status)
{
    peer_answer(connection, status, controller_service.headers,
                "{\"error_code\":\"APIG.9999\",\"error_msg\":\"not now\"}");
}

static void serve_list(PeerConnection *connection, const ServedChannel *channel)
{
    if (controller_service.list_status != 0) {
        refuse(connection, controller_service.list_status);
        return;
    }
    controller_service.lists++;
    if (controller_service.loses_lists)
        peer_reset(connection);
    else if (!(controller_service.mutes_lists & channel->network))
        serve_members(connection, channel);
}

/* ---- what is changed ---- */

/* A change was made: its answer, unless that is kept or lost. */
static void answer_change(PeerConnection *connection, const ServedChannel *channel, int status,
                          const char *body)
{
    if (controller_service.loses_changes) {
        peer_reset(connection);
    } else if (controller_service.keeps_changes & channel->network) {
        assert_true(controller_service.kept_count < MEMBERS_MAX);
        controller_service.kept[controller_service.kept_count++] = connection;
    } else {
        peer_answer(connection, status, "", body);
    }
}

void controller_service_answer_kept(void)
{
    for (size_t i = 0; i < controller_service.kept_count; i++)
        peer_answer(controller_service.kept[i], 204, "", "");
    controller_service.kept_count = 0;
}

static void serve_deletion(PeerConnection *connection, ServedChannel *channel, const char *request)
{
    const char *member = strstr(request, "/members/");

    controller_service.deletions++;
    if (controller_service.delete_status != 0) {
        refuse(connection, controller_service.delete_status);
        return;
    }
    channel->members[member[strlen("/members/") + 2] - '0'] = false;
    answer_change(connection, channel, 204, "");
}

static void serve_addition(PeerConnection *connection, ServedChannel *channel, const char *request)
{
    const char *host = strstr(request, "\"host\":\"10.");

    controller_service.additions++;
    if (controller_service.add_status != 0) {
        refuse(connection, controller_service.add_status);
        return;
    }
    str_copy(controller_service.posted, sizeof(controller_service.posted),
             strstr(request, "\r\n\r\n") + 4);
    channel->members[host[strlen("\"host\":\"10.1.0.")] - '0'] = true;
    answer_change(connection, channel, 201, "{\"members\":[]}");
}

static void serve_switch(PeerConnection *connection, ServedChannel *channel, const char *request,
                         bool is_off)
{
    const char *member = strstr(request, "{\"member_ids\":[\"");

    *(is_off ? &controller_service.disablings : &controller_service.enablings) += 1;
    channel->disabled[member[strlen("{\"member_ids\":[\"") + 2] - '0'] = is_off;
    answer_change(connection, channel, 204, "");
}

void controller_service_serve(PeerConnection *connection, ClientCase *client_case)
{
    const char *request = client_case->request;
    ServedChannel *channel = strstr(request, "/" FIRST "/")    ? &controller_service.channels[0]
                             : strstr(request, "/" SECOND "/") ? &controller_service.channels[1]
                                                               : NULL;

    if (controller_service.is_silent)
        return;
    if (str_has_prefix(request, "POST /v3/auth/tokens"))
        serve_token(connection);
    else if (!channel)
        serve_channels(connection);
    else if (str_has_prefix(request, "GET "))
        serve_list(connection, channel);
    else if (str_has_prefix(request, "DELETE "))
        serve_deletion(connection, channel, request);
    else if (strstr(request, "/batch-disable ") || strstr(request, "/batch-enable "))
        serve_switch(connection, channel, request, strstr(request, "/batch-disable "));
    else
        serve_addition(connection, channel, request);
}
