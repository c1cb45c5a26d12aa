/* SPDX-License-Identifier: MIT */
/*
 * What people are told of (daemon/notify): the conditions that are open for each notifier, and the
 * notices that its receiver has not taken yet. Both change in one commit, so that no condition is
 * told twice and none is forgotten, whenever rosterd is killed. A notifier goes by a text that
 * holds no secret. Times without "realtime" are the steady clock's (steady.h).
 */
#pragma once

#include "daemon/store/store.h"

#define STORE_NOTICE_ID_SIZE 33
#define STORE_NOTICES_MAX 10000 /* of one notifier; beyond it the oldest go */

/* Now, by the clock that nobody can set. */
uint64_t store_outbox_now_usec(const Store *store);

/* A condition that was found. */
typedef struct StoreCondition {
    const char *kind;
    const char *instance_key;                 /* "": none */
    const char *channel;                      /* as its roster calls it; "": none */
    const char *instance_name, *channel_name; /* for people */
    uint64_t since_usec;                      /* realtime */
    bool is_open;
    uint32_t passes;
    uint64_t told_usec;
} StoreCondition;

typedef struct StoreConditions {
    Arena arena; /* holds all that is pointed to */
    StoreCondition *items;
    size_t count, capacity;
} StoreConditions;

void store_outbox_conditions_done(StoreConditions *conditions);

/* The conditions of a notifier: of one instance ("" is one), or (NULL) of all. `ret_conditions` is
 * done by the caller. */
int store_outbox_conditions(Store *store, const char *notifier, const char *instance_key,
                            StoreConditions *ret_conditions, Err *err);

/* A notice. `body` is what is sent; NULL where it was not asked for. */
typedef struct StoreNotice {
    uint64_t number;
    const char *id;
    uint64_t created_usec;
    const char *kind, *phase;
    const char *instance_name, *channel_name; /* "": none */
    const char *body;
} StoreNotice;

typedef struct StoreNotices {
    Arena arena; /* holds all that is pointed to */
    StoreNotice *items;
    size_t count, capacity;
} StoreNotices;

void store_outbox_notices_done(StoreNotices *notices);

/* What becomes of a condition, and what is told of it. */
typedef struct StoreTold {
    StoreCondition condition;  /* kind NULL: of none */
    bool is_over;              /* it is kept no more */
    const StoreNotice *notice; /* NULL: nobody is told; its number and time are not used */
} StoreTold;

/* Keeps all of it, or nothing. Commits at once. */
int store_outbox_add(Store *store, const char *notifier, const StoreTold *told, size_t count,
                     Err *err);

/* 1 with the oldest notice that was not taken, with its body; 0: there is none. `ret_notices` is
 * done by the caller. */
int store_outbox_first(Store *store, const char *notifier, StoreNotices *ret_notices, Err *err);

/* How many there are up to that time. */
int store_outbox_count(Store *store, const char *notifier, uint64_t until_usec, size_t *ret_count,
                       Err *err);

/* Those up to that time, without their bodies, the oldest first. */
int store_outbox_list(Store *store, const char *notifier, uint64_t until_usec,
                      StoreNotices *ret_notices, Err *err);

/* Puts one in the place of all up to that time; it is as old as the first of them. Commits at once.
 */
int store_outbox_replace(Store *store, const char *notifier, uint64_t until_usec,
                         const StoreNotice *notice, Err *err);

/* It was taken, or nobody wants it any more. Commits at once. */
int store_outbox_remove(Store *store, uint64_t number, Err *err);

/* Forgets all of the notifiers that are not among these. Commits where there are any. */
int store_outbox_keep(Store *store, const char *const *notifiers, size_t count, Err *err);
