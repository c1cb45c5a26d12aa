/* SPDX-License-Identifier: MIT */
/* What tests of tokens of IAM share: one service that is IAM as well, and a client whose instance
 * has a password. */
#pragma once

#include "tests/unit/client_case.h"

#define IAM_LIFE                                                                                   \
    "{\"token\":{\"issued_at\":\"2025-01-02T03:04:05.000000Z\","                                   \
    "\"expires_at\":\"2025-01-03T03:04:05.000000Z\"}}"
/* Good for one microsecond. */
#define IAM_SHORT_LIFE                                                                             \
    "{\"token\":{\"issued_at\":\"2025-01-02T03:04:05.000000Z\","                                   \
    "\"expires_at\":\"2025-01-02T03:04:05.000001Z\"}}"
#define IAM_TOKEN_HEADER "X-Subject-Token: MIIissued\r\n"

typedef struct IamService {
    int status; /* of IAM's next answers */
    const char *headers, *body;
    int failures; /* so many answers before are a 500 */
    int logins;
    char request[8192]; /* the last login */
    int list_status;
    size_t waits;
} IamService;

extern IamService iam;

int iam_case_setup(void **state); /* client_case_teardown() ends it */

/* A client that tells the waits of a login. */
void iam_case_start(ClientCase *client_case);

/* Asks for a renewal and awaits it. */
Renewal iam_case_renew(ClientCase *client_case);

/* What roma_client_submit() says to a list. */
int iam_case_submit_list(ClientCase *client_case);
