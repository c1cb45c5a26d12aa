/* SPDX-License-Identifier: MIT */
/* The service behind controllers of tests: two channels, whose lists can be refused, and whose
 * changes can be refused, lost, or answered later. */
#pragma once

#include "tests/unit/client_case.h"

#define FIRST "11111111111111111111111111111111"
#define SECOND "22222222222222222222222222222222"
#define MEMBERS_MAX 8

/* A channel whose members go by number. */
typedef struct ServedChannel {
    const char *id, *name;
    int network; /* 10.N.0.I:80, with the id N0I */
    int weight;  /* of all its members */
    bool members[MEMBERS_MAX + 1];
    bool disabled[MEMBERS_MAX + 1]; /* of those */
} ServedChannel;

/* FIRST, "payments", has three members, of which the roster wants one; SECOND, "orders", has the
 * one that it wants. */
typedef struct ControllerService {
    ServedChannel channels[2];
    int deletions, additions, lists;
    int disablings, enablings;
    int list_status, delete_status, add_status; /* 0: as it should be */
    const char *headers;                        /* of refusals */
    bool is_silent;
    int iam_status; /* 0: it gives a token */
    int logins;
    bool mutes_logins;
    bool loses_lists;
    bool loses_changes;             /* ends the connection once it has made one */
    int keeps_changes, mutes_lists; /* of the networks with those bits: what it answers when it is
                                     * told to, and what it answers never */
    char posted[512];               /* the body of the last addition */
    size_t kept_count;              /* changes whose answers are kept */
    PeerConnection *kept[MEMBERS_MAX];
} ControllerService;

extern ControllerService controller_service;

void controller_service_reset(void);
void controller_service_serve(PeerConnection *connection, ClientCase *client_case);

/* Answers the changes whose answers were kept: they are made. */
void controller_service_answer_kept(void);
