/* SPDX-License-Identifier: MIT */
/* The value of undo/K/ID: an undo that a host hands to the owner of the instance, with the changes
 * out of its history that are to be turned back, and in its place later what came of it. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/store/store.h"

/* What etcd takes. */
#define UNDO_VALUE_SIZE_MAX (1024U * 1024U)

typedef struct UndoValue {
    const char *instance_key;
    const char *host; /* that asks */
    const char *pass; /* which is undone, as the history of that host has it */
    uid_t uid;        /* who asks there; (uid_t)-1: not known */
    uint64_t asked_usec;
    StoreActions actions; /* those that took effect, or may have; none once it is done */
    const char *owner;    /* that carried it out; NULL: it is still to be done */
    const char *answer;   /* with `owner`: the answer of POST /v1/undo, or NULL: */
    const char *error;    /* why nothing was done */
} UndoValue;

/* `arena` of the actions holds all texts of one that was read. */
void undo_value_done(UndoValue *value);

/* Appends one that is asked for; or what came of it. 0; -E2BIG: it is more than etcd takes;
 * -ENOMEM.
 */
int undo_value_append(const UndoValue *value, Buf *json);

/* Reads one. Errors as pause_value_read(). undo_value_done() in every case. */
int undo_value_read(const char *json, size_t size, UndoValue *ret_value, Err *err);
