/* SPDX-License-Identifier: MIT */
/* Live against desired, row by row as pages come in, so that a page can be dropped at once: only
 * what is extra is kept whole. */
#pragma once

#include "daemon/base/arena.h"
#include "daemon/base/err.h"
#include "daemon/base/map.h"
#include "reconcile/ops.h"
#include "reconcile/plan/desired.h"

/* What is planned for an extra where the mode deletes (fate.h). */
typedef enum ExtraFate {
    EXTRA_DELETES, /* it is deleted at once */
    EXTRA_STAYS,   /* the mode deletes nothing */
    EXTRA_ENTERS,  /* quarantine, and is disabled unless it is already */
    EXTRA_WAITS,   /* it is in quarantine */
    EXTRA_LEAVES,  /* its time in quarantine is over: it is deleted */
} ExtraFate;

/* A live member that is neither in the roster nor ignored. Strings live in the diff's arena. */
typedef struct Extra {
    const char *id;
    const char *group;
    const char *address; /* host as the service wrote it, or ecs_id */
    uint16_t port;       /* effective */
    const void *identity;
    size_t identity_size;
    MemberFields fields;
    const char *member_json; /* the complete row */
    ExtraFate fate;
    uint64_t until_usec; /* realtime: EXTRA_WAITS, EXTRA_LEAVES */
} Extra;

/* A live member that was asked for by its id, whatever the roster says of it. */
typedef struct Kept {
    const char *id;
    const char *group;
    const char *address;
    uint16_t port; /* effective */
    size_t wanted; /* index of the roster's member, or DESIRED_NONE */
    const void *identity;
    size_t identity_size;
    const char *member_json; /* the complete row */
} Kept;

/* What a list says of a member. */
typedef enum DiffLook {
    DIFF_ABSENT,
    DIFF_ENABLED,
    DIFF_DISABLED,
} DiffLook;

/* A live member that the roster wants, with another value of a field that it states. */
typedef struct Changed {
    size_t desired;      /* index of the roster's member */
    DesiredKey identity; /* borrowed */
    const char *id;
    uint8_t states; /* ROSTER_MEMBER_* bits: in which fields they differ */
    MemberFields live;
    const char *member_json; /* the complete row */
} Changed;

/* A live member that a rule ignores. */
typedef struct IgnoredRow {
    const char *id;
    MemberFields fields;
} IgnoredRow;

typedef struct Diff {
    const Desired *desired; /* borrowed */
    const char *channel_id; /* borrowed */
    bool is_ecs;
    const Map *kept_ids; /* borrowed: the ids of members to be kept whole; NULL: none */
    Map ids;             /* every row's id, and whether it is enabled */
    Arena arena;
    const char **seen; /* of each desired member the id that it is live by; NULL: it is not */
    MemberFields *seen_fields; /* of each that is live */
    Changed *changed;          /* in the list's order */
    size_t changed_count, changed_capacity;
    Extra *extras;
    size_t extra_count, extra_capacity;
    Kept *kept; /* in the list's order */
    size_t kept_count, kept_capacity;
    size_t live_count;
    Map ignored; /* identity -> IgnoredRow of each row that a rule ignores */
    size_t ignored_count;
    size_t staying_in_service; /* rows that are no extra, in service */
    size_t extras_in_service;  /* extras likewise */
    bool finds_extras; /* to be set before the first row: diff_find_extra() and its like serve */
    Map extras_by_id, extras_by_identity; /* number of an extra, from 1 */
} Diff;

/* Begins with no rows. 0 or -ENOMEM; diff_done() in both cases. */
int diff_init(Diff *diff, const Desired *desired, const char *channel_id, bool is_ecs);
void diff_done(Diff *diff);

/* Forgets all rows, for reading the list again. */
void diff_reset(Diff *diff);

/* Takes a page's rows from the one numbered `from`. 0; -EPROTO when a row shows that the list
 * cannot be trusted (an id twice, a row of another channel, a row without an address), told in
 * `err`; -ENOMEM. */
int diff_add_page(Diff *diff, const MemberPage *page, size_t from, Err *err);

/* Whether the list has that desired member (its index in the roster), and otherwise than stated. */
bool diff_is_changed(const Diff *diff, size_t wanted);

/* Whether the list holds a member with that id. */
bool diff_has_id(const Diff *diff, const char *member_id);

/* Whether the member with that id is listed, and in service. */
DiffLook diff_look(const Diff *diff, const char *member_id);

/* The id of a listed member with that identity, or NULL. Borrowed. */
const char *diff_find_id(const Diff *diff, const void *identity, size_t identity_size);

/* How that member serves, or NULL. Borrowed. */
const MemberFields *diff_find_fields(const Diff *diff, const void *identity, size_t identity_size);

/* With `finds_extras`: the extra with that id, and one with that identity, or NULL. Borrowed. */
const Extra *diff_find_extra(const Diff *diff, const char *member_id);
const Extra *diff_find_extra_like(const Diff *diff, const void *identity, size_t identity_size);
