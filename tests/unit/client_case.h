/* SPDX-License-Identifier: MIT */
/* What tests of the client share: a service that answers as it is told, an instance on it with its
 * secrets, a client, and what it said last. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/roma/client.h"
#include "tests/scratch.h"
#include "tests/unit/peer.h"

#define CHANNEL "56a7d7358e1b42459c9d730d65b14e59"
#define MEMBER "be63c6260a1043888187f84af39c9f0e"
#define PROJECT "0123456789abcdef0123456789abcdef"
#define INSTANCE "6a7b8c9d-0000-4000-8000-000000000001"
#define PREFIX "/v2/" PROJECT "/apic/instances/" INSTANCE "/vpc-channels"
#define MEMBERS_PATH PREFIX "/" CHANNEL "/members"
#define MEMBER_ROW                                                                                 \
    "{\"host\":\"10.1.0.5\",\"port\":8080,\"id\":\"" MEMBER "\",\"vpc_channel_id\":\"" CHANNEL     \
    "\",\"member_group_name\":\"blue\",\"status\":1,\"ecs_id\":\"10.1.0.5\",\"weight\":3}"
#define ONE_MEMBER "{\"total\":1,\"size\":1,\"members\":[" MEMBER_ROW "]}"
#define TOKEN "MIITtokentokentokentokentokentoken"
#define ACCESS_KEY "TESTAKTESTAKTESTAK00"
#define SECRET_KEY "testsktestsktestsktestsktestsktestsk0000"

typedef struct ClientCase {
    sd_event *event;
    Peer *peer;
    RomaClient *client;
    Config config;
    Instance instance;
    RosterChannel channel;
    char directory[SCRATCH_SIZE];
    char endpoint[64];
    /* what the service does */
    int status;
    const char *headers;
    const char *body;
    void (*serve)(PeerConnection *connection, struct ClientCase *client_case);
    char request[8192]; /* the last */
    /* what came back */
    size_t answers;
    Answer answer;
    uint64_t total;
    size_t rows;
    char row[2048]; /* the first, described */
    char host[64];
    char group[64];
    void *tag;
    size_t renewals;
    Renewal renewal;
    Err renewal_err;
} ClientCase;

int client_case_setup(void **state);
int client_case_teardown(void **state);

/* The service and the loop it runs on; there is one from the start. */
void client_case_begin_service(ClientCase *client_case);
void client_case_end_service(ClientCase *client_case);

/* Secret files below the case's directory: "token", "ak", "sk" are there, "st" may be. */
void client_case_write_secret(const ClientCase *client_case, const char *name, const char *text);
void client_case_remove_secret(const ClientCase *client_case, const char *name);

/* Signs from now on; before client_case_start(). */
void client_case_use_keys(ClientCase *client_case);
void client_case_start(ClientCase *client_case, bool read_only);

/* The client's callbacks, for clients begun without client_case_start(). */
void client_case_on_answer(void *userdata, void *tag, const Answer *answer);
void client_case_on_renewed(void *userdata, size_t instance, Renewal renewal, const Err *err);

Request client_case_list_request(ClientCase *client_case);
Request client_case_delete_request(ClientCase *client_case);

/* One request and its answer; starts the client where that was not done. */
void client_case_ask(ClientCase *client_case, const Request *request);
void client_case_ask_list(ClientCase *client_case);
void client_case_ask_delete(ClientCase *client_case);

void client_case_assert_header(const ClientCase *client_case, const char *name, const char *value);
void client_case_assert_has(const char *text, const char *part);
void client_case_assert_has_not(const char *text, const char *part);
