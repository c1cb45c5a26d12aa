/* SPDX-License-Identifier: MIT */
#pragma once

#include "tests/romasim/jsonget.h"
#include "tests/romasim/model.h"

/* One rule: which requests it is for, and what becomes of them. Bounds that are not set are -1. */
typedef struct Fault {
    size_t refs;
    char *method, *path, *channel, *member, *op, *who;
    int offset;
    int skip;  /* requests that fit and are let through first */
    int times; /* how often it applies; -1: for ever */

    int status;
    char *code, *message, *body, *content_type;
    json_object *headers;
    bool replaces; /* the answer is not the real one */
    bool applies;  /* the real operation takes place */
    int delay_msec;
    bool hold; /* the answer waits for timing_release() */
    bool reset, close, stall;
    int stall_after, truncate, oversize_bytes;
    int drip_bytes, drip_msec;
    bool chunked, endless;
    int shift;
    json_object *then; /* the rule's own object, for what deform.c does to lists */
} Fault;

/* Appends rules from a list. Mistakes in them are fatal at start and refused by the admin
 * interface. */
void faults_load(JsonError *e, json_object *list);
void faults_clear(void);

/* The first rule that fits the request and is not used up, with a reference; NULL if there is none.
 * Uses it once. */
Fault *faults_take(const Request *r);

/* Accepts NULL. */
void fault_unref(Fault *f);

/* Whether the body must be sent in an unusual way. */
bool fault_shapes_body(const Fault *f);
