/* SPDX-License-Identifier: MIT */
#include "tests/unit/client_case.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/str.h"

static void client_case_on_request(PeerConnection *connection, const char *request, void *userdata)
{
    ClientCase *client_case = userdata;

    str_copy(client_case->request, sizeof(client_case->request), request);
    if (client_case->serve)
        client_case->serve(connection, client_case);
    else
        peer_answer(connection, client_case->status, client_case->headers, client_case->body);
}

void client_case_on_answer(void *userdata, void *tag, const Answer *answer)
{
    ClientCase *client_case = userdata;

    client_case->answers++;
    client_case->tag = tag;
    client_case->answer = *answer;
    if (answer->members) {
        client_case->total = answer->members->total;
        client_case->rows = answer->members->row_count;
        if (client_case->rows > 0) {
            const char *row = answer->members->describe(answer->members, 0);

            str_copy(client_case->row, sizeof(client_case->row), row ? row : "");
            str_copy(client_case->host, sizeof(client_case->host), answer->members->rows[0].host);
            str_copy(client_case->group, sizeof(client_case->group),
                     answer->members->rows[0].group);
        }
    }
    if (answer->channels) {
        client_case->total = answer->channels->total;
        client_case->rows = answer->channels->row_count;
    }
}

void client_case_on_renewed(void *userdata, size_t instance, Renewal renewal, const Err *err)
{
    ClientCase *client_case = userdata;

    assert_int_equal(instance, 0);
    client_case->renewals++;
    client_case->renewal = renewal;
    client_case->renewal_err = *err;
}

void client_case_write_secret(const ClientCase *client_case, const char *name, const char *text)
{
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", client_case->directory, name);
    fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

void client_case_remove_secret(const ClientCase *client_case, const char *name)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", client_case->directory, name);
    unlink(path);
}

void client_case_begin_service(ClientCase *client_case)
{
    assert_true(sd_event_new(&client_case->event) >= 0);
    client_case->peer = peer_new(client_case->event, client_case_on_request, client_case);
    snprintf(client_case->endpoint, sizeof(client_case->endpoint), "http://127.0.0.1:%u",
             peer_port(client_case->peer));
}

void client_case_end_service(ClientCase *client_case)
{
    peer_free(client_case->peer);
    client_case->peer = NULL;
    client_case->event = sd_event_unref(client_case->event);
}

int client_case_setup(void **state)
{
    ClientCase *client_case = test_calloc(1, sizeof(*client_case));

    unsetenv("CREDENTIALS_DIRECTORY");
    client_case_begin_service(client_case);
    assert_true(scratch_make(client_case->directory, "/tmp", "test_client"));
    client_case_write_secret(client_case, "token", TOKEN "\n");
    client_case_write_secret(client_case, "ak", ACCESS_KEY "\n");
    client_case_write_secret(client_case, "sk", SECRET_KEY "\n");
    client_case->instance = (Instance){
        .name = "prod",
        .endpoint = client_case->endpoint,
        .project_id = PROJECT,
        .instance_id = INSTANCE,
        .auth = {.method = AUTH_TOKEN, .token_file = "token"},
    };
    client_case->channel = (RosterChannel){.id = CHANNEL, .mode = MODE_PRUNE};
    client_case->config = (Config){
        .directory = client_case->directory,
        .instances = &client_case->instance,
        .instance_count = 1,
        .limits = {.connect_timeout_usec = 5 * USEC_PER_SEC, .timeout_usec = 20 * USEC_PER_SEC},
    };
    client_case->status = 200;
    client_case->headers = "Content-Type: application/json\r\n";
    client_case->body = ONE_MEMBER;
    *state = client_case;
    return 0;
}

int client_case_teardown(void **state)
{
    ClientCase *client_case = *state;

    roma_client_free(client_case->client);
    client_case_end_service(client_case);
    scratch_remove(client_case->directory);
    test_free(client_case);
    return 0;
}

void client_case_use_keys(ClientCase *client_case)
{
    client_case->instance.auth =
        (Auth){.method = AUTH_AKSK, .access_key_file = "ak", .secret_key_file = "sk"};
}

void client_case_start(ClientCase *client_case, bool read_only)
{
    Err err = {0};
    int r =
        roma_client_new(client_case->event, &client_case->config, read_only, client_case_on_answer,
                        client_case_on_renewed, client_case, &client_case->client, &err);

    if (r < 0)
        fail_msg("%s", err.text);
}

Request client_case_list_request(ClientCase *client_case)
{
    return (Request){.kind = REQUEST_LIST_MEMBERS,
                     .channel = &client_case->channel,
                     .channel_id = CHANNEL,
                     .limit = 500,
                     .tag = &client_case->rows};
}

Request client_case_delete_request(ClientCase *client_case)
{
    return (Request){.kind = REQUEST_DELETE_MEMBER,
                     .channel = &client_case->channel,
                     .channel_id = CHANNEL,
                     .member_id = MEMBER,
                     .tag = &client_case->rows};
}

static void client_case_run(ClientCase *client_case, size_t answers)
{
    alarm(30);
    while (client_case->answers < answers)
        assert_true(sd_event_run(client_case->event, UINT64_MAX) >= 0);
    alarm(0);
}

void client_case_ask(ClientCase *client_case, const Request *request)
{
    size_t answers = client_case->answers;

    assert_int_equal(roma_client_submit(client_case->client, request), 0);
    assert_int_equal(client_case->answers, answers);
    client_case_run(client_case, answers + 1);
}

void client_case_ask_list(ClientCase *client_case)
{
    Request request = client_case_list_request(client_case);

    if (!client_case->client)
        client_case_start(client_case, false);
    client_case_ask(client_case, &request);
}

void client_case_ask_delete(ClientCase *client_case)
{
    Request request = client_case_delete_request(client_case);

    if (!client_case->client)
        client_case_start(client_case, false);
    assert_int_equal(roma_client_permit(client_case->client, 0, CHANNEL, MEMBER), 0);
    client_case_ask(client_case, &request);
}

void client_case_assert_header(const ClientCase *client_case, const char *name, const char *value)
{
    char found[1024];

    peer_header(client_case->request, name, found, sizeof(found));
    assert_string_equal(found, value);
}

void client_case_assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text);
}

void client_case_assert_has_not(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in \"%s\"", part, text);
}
