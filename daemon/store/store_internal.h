/* SPDX-License-Identifier: MIT */
/* The inside of a Store, for the files of daemon/store and their tests. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "daemon/base/clock.h"
#include "daemon/base/digest.h"
#include "daemon/store/integrity.h"
#include "daemon/store/lock.h"
#include "daemon/store/pending.h"
#include "daemon/store/sql.h"
#include "daemon/store/steady.h"
#include "daemon/store/store.h"

/* A pass under way. */
typedef struct StorePass {
    char id[STORE_PASS_ID_SIZE];
    uint64_t started_usec;
    bool is_recorded;                    /* it has a row, committed */
    char roster_digest[DIGEST_HEX_SIZE]; /* its origin; "": not known, or none */
    char roster_head[DIGEST_HEX_SIZE];
    char undo_of[STORE_PASS_ID_SIZE];
} StorePass;

/* What a Store for reading found on the disk, to notice that a daemon started since. */
typedef struct StoreSource {
    uint64_t inode; /* of rosterd.db; 0: absent or empty */
    uint64_t size;
    uint64_t modified_nsec;
    int64_t log_size; /* of rosterd.db-wal; -1: absent */
    bool has_log;     /* rosterd.db-wal holds something, or a daemon is about to */
    bool has_index;   /* rosterd.db-shm */
} StoreSource;

/* In a Store for reading. */
typedef struct StoreApproval {
    char digest[DIGEST_HEX_SIZE];
    bool opens_window;
} StoreApproval;

struct Store {
    char *directory;
    char *path; /* of rosterd.db */
    Lock lock;
    OpenFiles files;  /* as they were opened; not in a Store for reading */
    bool is_damaged;  /* what was committed could not be read back */
    bool is_whole;    /* opened for writing, and so far nothing was wrong with it */
    bool is_end_told; /* the file of clean_end.h may say something */
    int guard_fd;     /* is_read_only: reading.c; -1 without one */
    int index_fd;     /* likewise */
    bool is_read_only;
    bool must_roll_back; /* a failed transaction is still open */
    bool has_quarantine; /* somebody may be in quarantine */
    bool is_mirror;      /* approvals are etcd's, and were spent there when they are spent here */
    bool has_in_doubt;   /* some deletion or addition of an ended pass may be undecided */
    uint64_t sent_first; /* sent.c: from this action on it is known which were sent */
    int64_t sent_size;   /* of the notes */
    sqlite3 *db;         /* NULL: for reading, and there is no database */
    SteadyClock steady;
    uint64_t inspected_to;      /* inspect.c: this action, or sample, was looked at last */
    bool has_inspected_actions; /* likewise: all of them, in this round */
    uint64_t steady_saved_usec; /* the clock in the database */
    uint64_t pruned_to; /* prune.c: a round under way has looked at actions up to this one */
    bool keeps_pages;   /* likewise: the database gives no pages back */
    sqlite3_stmt *statements[QUERY_COUNT];
    char last_pass_id[STORE_PASS_ID_SIZE]; /* named last, "" before the first */
    StorePass *passes;                     /* begun and not ended */
    size_t pass_count, pass_capacity;
    Pending pending;
    StoreSource source;       /* is_read_only */
    StoreApproval *approvals; /* is_read_only: given to this Store */
    size_t approval_count, approval_capacity;
};

/* The members that undos put back in a channel, without later actions, and that no list has lacked
 * yet. `ret_actions` is done by the caller. */
int history_added(Store *store, const char *instance_key, const char *channel_id,
                  StoreActions *ret_actions, Err *err);

/* The additions of undos that are not decided, oldest first. `ret_actions` is done by the caller.
 */
int history_open_additions(Store *store, const char *instance_key, const char *channel_id,
                           StoreActions *ret_actions, Err *err);

/* 1 where the channel of an action has been absent for long, and nobody can tell what became of it;
 * else 0, and from when is kept. */
int in_doubt_absent(Store *store, const StoreAction *action, Err *err);

/* store_settle() for what undos that are over left undecided. */
int added_settle(Store *store, const char *instance_key, const char *channel_id,
                 const StoreSettling *settling, uint64_t realtime_usec, Err *err);

/* Within a transaction: adds a pause, whatever others stand there, and removes the row of one. */
int pause_add(Store *store, const StorePause *pause, uint64_t realtime_usec, Err *err);
int pause_remove(Store *store, uint64_t number, Err *err);

/* Fills the record's pause with the one that holds longest of those that cover the channel. */
int pause_recall(Store *store, const StoreScope *channel, uint64_t realtime_usec,
                 ChannelRecord *record, Err *err);
