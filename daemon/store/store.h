/* SPDX-License-Identifier: MIT */
/*
 * DOC: the state
 *
 * The state: what outlives a run. One SQLite database in the state directory holds passes,
 * deletions and what undo added, sightings, approvals, pauses and refused passwords.
 *
 * Recorded before it is sent. store_record() commits what is about to be deleted, and reads it back
 * out of the files; only then may anything be sent. Outcomes and sightings are buffered in an open
 * transaction, and kept in memory as well until a commit has taken them: a full disk loses none.
 * Whatever a killed run left without an outcome is in doubt: store_settle() decides it out of a
 * whole list of the channel.
 *
 * One writer. store_open() locks the directory and the file "lock" in it. Each commit checks that
 * the open files are still those at their paths. A Store for reading (store_open_read_only()) takes
 * no lock, changes no file, and sees what the writer has committed.
 *
 * Whose it is. An instance goes by its key (config/instance_key.h), whatever the settings call it;
 * the name is kept beside it for people, and store_name_instance() tells the state of a new one. A
 * pause is one row, of a scope: all, an instance, or a channel, which is known by its id, its name,
 * or both.
 *
 * Two clocks. Times are realtime, in microseconds since the epoch, and are what people read. What
 * ends or is forgotten goes by the steady clock (steady.h), so that a wall clock that was set wrong
 * decides nothing.
 *
 * Nothing here logs. Errors that several functions share, each with the directory in `err`: -ENOSPC
 * the disk is full, -EROFS the state (or this Store) is read-only, -EIO, -EBADMSG the database is
 * damaged, -EBADFD its files were removed or replaced, -EBUSY, -ENOMEM.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/arena.h"
#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/lockout_store.h"
#include "daemon/base/mem.h"
#include "reconcile/channel_record.h"
#include "reconcile/ops.h"

#define STORE_PASS_ID_SIZE 40
#define STORE_APPROVAL_USEC USEC_PER_DAY /* how long an approval is good */

/* And for how long it waits beside that, where windows are closed. */
#define STORE_APPROVAL_WAIT_USEC (90 * 24 * 60 * 60 * UINT64_C(1000000))

typedef struct Store Store;

/*
 * Opens the state for writing: makes the directory where only its parent exists (mode 0700), locks
 * it, opens or creates rosterd.db and brings its schema up to date. Further errors: -EWOULDBLOCK
 * another rosterd holds the directory; -EBADMSG the database is damaged, or not ours, and was left
 * byte for byte as it is; -EPROTO a newer rosterd wrote it. Free with store_free().
 */
int store_open(const char *state_dir, Store **ret_store, Err *err);

/*
 * Opens the state for reading, for dry runs and for looking at it without a daemon: takes no lock,
 * and creates, changes or removes no file. Sees all that a running rosterd has committed; no
 * database is an empty history. Calls that write fail with -EROFS, but store_approve() is
 * remembered until store_free(), so that a dry run can tell what an approval would do.
 * A daemon in dry run holds lock_take() (lock.h) beside it. Further errors: -EPROTO.
 */
int store_open_read_only(const char *state_dir, Store **ret_store, Err *err);

/* Flushes as far as it can (store_flush() before it tells of errors), unlocks. NULL is fine. */
void store_free(Store *store);
DEFINE_CLEANUP(Store, store_free)

/*
 * Whether the state can still be written, as far as that can be told without writing: its files are
 * the ones that were opened, and their pages were read back. 0, also for a Store for reading;
 * -EBADFD the files were removed or replaced, and 0 again when they are back; -EBADMSG the database
 * is damaged, until it is opened anew. Each commit checks the same.
 */
int store_check(Store *store, Err *err);

/* ---- passes ---- */

/*
 * Begins a pass and names it: "2026-11-24T15:04:05Z-N", N from 1, used by no pass in the database
 * and by none before in this Store. Nothing is written until the pass records a deletion.
 */
int store_begin_pass(Store *store, uint64_t realtime_usec, char ret_id[static STORE_PASS_ID_SIZE],
                     Err *err);

/* What a pass goes by. NULL and "": not known, or none. */
typedef struct StoreOrigin {
    const char *roster_digest; /* of the set of rosters */
    const char *roster_head;   /* where that stands in git */
    const char *undo_of;       /* the pass that it undoes */
} StoreOrigin;

/* Says what a pass under way goes by, before it records anything; copies it. */
void store_set_origin(Store *store, const char *id, const StoreOrigin *origin);

/* Ends a pass with its result, and flushes. A pass that
 * recorded nothing leaves no row; without anything else to write there is no commit either. */
int store_end_pass(Store *store, const char *id, const char *result, uint64_t realtime_usec,
                   Err *err);

/* Commits, durably, what is buffered. After a failure of any call, outcomes and sightings stay
 * buffered for the next commit; approvals given since the last one may be lost: the guards hold. */
int store_flush(Store *store, Err *err);

/* ---- the record of a channel ---- */

/* What a pause is of, or a channel that pauses may cover. Texts that are not known are NULL. */
typedef struct StoreScope {
    const char *instance_key;  /* NULL: all instances */
    const char *instance_name; /* for people; with instance_key */
    const char *channel_id;
    const char *channel_name; /* both NULL: the whole instance */
} StoreScope;

/*
 * Fills `record` (empty before; on failure still empty) with what bears on a channel's plan:
 * sightings; deletions of the last hour that took effect or are undecided; of the pauses that cover
 * it, the one that holds longest. `channel` has the instance's key and the channel's id at least.
 */
int store_recall(Store *store, const StoreScope *channel, uint64_t realtime_usec,
                 ChannelRecord *record, Err *err);

/* Replaces a channel's sightings; buffered. */
int store_remember(Store *store, const char *instance_key, const char *channel_id,
                   const Sighting *sightings, size_t count, Err *err);

/* ---- instances ---- */

/*
 * Tells what an instance is called now. What was recorded under this name while no key was known
 * (a state of rosterd 0.1) becomes this instance's; another instance that had the name is shown as
 * "NAME (was ID)". To be called before anything of the instance is written; commits only where
 * something changes, and does nothing in a Store for reading.
 */
int store_name_instance(Store *store, const char *key, const char *name, Err *err);

/* ---- pauses ---- */

/* Never PAUSE_SCOPE_ROSTER. */
PauseScope store_scope_kind(const StoreScope *scope);

/* Whether a pause of `scope` holds for a channel: one of its id or its name, of its instance, or of
 * all. */
bool store_scope_covers(const StoreScope *scope, const StoreScope *channel);

/* A pause that has not ended. */
typedef struct StorePause {
    StoreScope scope;
    const char *reason;
    uint64_t until_usec; /* realtime; 0: no end */
    uid_t uid;           /* who set it; (uid_t)-1: not known */
    uint64_t made_usec;  /* realtime, when it was set; store_pause(): 0 is now */
    const char *host;    /* of a fleet, where it was set; NULL: here, or without a fleet */
    bool is_local;       /* the fleet's etcd has not got it yet: it holds on this host alone */
    bool is_instead;     /* is_local: it took the place of one that etcd had */
    uint64_t number;     /* of its row; not used by store_pause() */
} StorePause;

typedef struct StorePauses {
    Arena arena; /* holds all that is pointed to */
    StorePause *items;
    size_t count, capacity;
} StorePauses;

void store_pauses_done(StorePauses *pauses);

/*
 * Pauses a scope, or replaces the pause of this very scope; others stand beside it. An id or a name
 * known before is kept where the scope lacks it. Commits at once. What it replaced is added to
 * `replaced` (NULL: not asked for), which is done by the caller, after a failure as well.
 */
int store_pause(Store *store, const StorePause *pause, uint64_t realtime_usec,
                StorePauses *replaced, Err *err);

/* Ends the pause of a scope, not those of wider ones; of a channel, all that go by its id or its
 * name. Commits at once. Returns 1, or 0 when there was none. */
int store_resume(Store *store, const StoreScope *scope, Err *err);

/* All of them, those that hold longest first. `ret_pauses` is done by the caller. */
int store_pauses(Store *store, uint64_t realtime_usec, StorePauses *ret_pauses, Err *err);

/* The pause that holds longest for a channel, or NULL. Borrowed. */
const StorePause *store_pauses_find(const StorePauses *pauses, const StoreScope *channel);

/* ---- approvals ---- */

/*
 * Gives the plan with this digest (64 lower-case hex digits) an approval; buffered. Returns 0; 1
 * when it was spent less than 24 h ago and so stays spent: an approval lets a plan pass once, even
 * where the same command is run twice. -EINVAL when it is no digest.
 */
int store_approve(Store *store, const char *digest, uint64_t realtime_usec, Err *err);

/* The same for a person who asks for it anew: also where it was spent, such as by a pass that then
 * failed. Never 1. */
int store_approve_again(Store *store, const char *digest, uint64_t realtime_usec, Err *err);

/* Has the approval that was given before open a closed window as well; buffered. -ESTALE: there is
 * none that is not spent. */
int store_approve_now(Store *store, const char *digest, Err *err);

/* The Approval of the plan with this digest: one given less than 24 h ago and not spent. The time
 * in which the gate was closed (NULL: none) does not count, up to STORE_APPROVAL_WAIT_USEC. */
int store_is_approved(Store *store, const char *digest, uint64_t realtime_usec,
                      const ChangeGate *gate, Err *err);

/* Spends the approval of an instance's digest (or of a plan that sends nothing) by giving each of
 * its plans (or none) one that store_mirror_find_whole() knows of; buffered. -ESTALE: none is. */
int store_share_approval(Store *store, const char *digest, const char *const *plans,
                         size_t plan_count, uint64_t realtime_usec, Err *err);

/* ---- refused passwords ---- */

/* What is kept of the subject: 1, or 0 for nothing. */
int store_recall_lockout(Store *store, const char *subject, Lockout *ret_lockout, Err *err);

/* Keeps it in place of an earlier one; commits at once. */
int store_keep_lockout(Store *store, const char *subject, const Lockout *lockout, Err *err);

/* ---- changes ---- */

/*
 * Records the changes of some channels, spends the approvals where batch->approved, and commits
 * both with all that is buffered: one durable commit, which is read back. Sets each change's
 * `action` (greater than 0). On failure every `action` is 0 and nothing may be sent; nothing of any
 * batch is recorded, unless it was committed and could not be read back.
 * Further errors: -ESTALE the approval is not there, or spent; -EINVAL batch->pass is not under
 * way.
 */
int store_record(Store *store, const Batch *batches, size_t count, uint64_t realtime_usec,
                 Err *err);

/* A recorded change is about to be sent: what it takes to know, after a kill, that another never
 * was. Fails silently: then that is not known. */
void store_note_sent(Store *store, uint64_t action);

/*
 * Adds a change's outcome; buffered. `answer` may be NULL when there was none; `member_id` is that
 * of a member that was added, NULL otherwise. One that FAILED may become GONE. Further errors:
 * -ENOENT no such action is undecided. After any other error but -ENOMEM the outcome is kept, and
 * goes with the next commit.
 */
int store_decide(Store *store, uint64_t action, Outcome outcome, uint32_t attempts,
                 const char *member_id, const Answer *answer, uint64_t realtime_usec, Err *err);

/* The same with all that a list shows of the member (NULL: nothing). */
int store_decide_listed(Store *store, uint64_t action, Outcome outcome, uint32_t attempts,
                        const ListedMember *listed, const Answer *answer, uint64_t realtime_usec,
                        Err *err);

/* A recorded change. Texts are NULL and numbers 0 where nothing is known. */
typedef struct StoreAction {
    uint64_t action;
    const char *pass;
    const char *kind; /* a word of change.h */
    const char *instance_key;
    const char *instance_name;
    const char *channel_id;
    const char *channel_name;
    const char *member_id;
    const void *identity;
    size_t identity_size;
    const char *before;   /* the member, complete, as the service gave it; NULL of an addition */
    const char *after;    /* the member as it was sent; NULL of what is not posted */
    const char *original; /* of a deletion: the member as it was before it was disabled; NULL: it
                           * was not in quarantine */
    const char *digest;
    const char *mode;
    uint64_t recorded_usec;
    uint64_t recorded_steady_usec; /* steady.h */
    const char *outcome;           /* a word of the report; NULL: not decided */
    int http;
    const char *code;
    const char *request_id;
    uint32_t attempts;
    uint64_t decided_usec;
    const char *roster_digest; /* what its pass went by, as in StoreOrigin */
    const char *roster_head;
    const char *undo_of;
    int32_t weight;         /* that a list showed of what was added; OPS_WEIGHT_NONE: not known */
    uint64_t vanished_usec; /* steady.h: since when the channel of an undecided deletion, or a
                             * member that was put back, is not listed; 0: it is */
} StoreAction;

typedef struct StoreActions {
    Arena arena; /* holds all that is pointed to */
    StoreAction *items;
    size_t count, capacity;
} StoreActions;

void store_actions_done(StoreActions *actions);

/* Which actions a history holds; zero and NULL leave a choice open. */
typedef struct StoreFilter {
    const char *instance; /* what people call it now */
    const char *channel;  /* id or name */
    const char *pass;
    uint64_t action;
    uint64_t since_usec; /* recorded then or later */
    uint64_t first;      /* as store_history_first() gave it; 0: it is asked for */
    uint64_t before;     /* actions with smaller numbers */
    uint64_t after;      /* store_history_page(): actions with greater ones */
    uint64_t limit;      /* the newest so many; store_history_page(): the oldest */
} StoreFilter;

/* The lowest number of an action recorded at that time or later: numbers are in the order of
 * recording, times only as far as nobody set the clock. What reads a long history asks once, for it
 * costs a look at each such time. Where there is none, a number above all. */
int store_history_first(Store *store, uint64_t since_usec, uint64_t *ret_first, Err *err);

/*
 * The changes that fit, oldest first, with outcomes that no commit holds yet. Found by indexes:
 * what it costs goes by the rows that it gives. The page before has `before` of the first row, and
 * the same `first`. `ret_actions` is done by the caller.
 */
int store_history(Store *store, const StoreFilter *filter, StoreActions *ret_actions, Err *err);

/* Adds the same of a part to `actions`: what is behind `filter->after`, `filter->limit` changes at
 * most, and looking through STORE_HISTORY_SCAN of any at most, so that few or none may fit.
 * `ret_next` is where to go on after; 0: that was the end. */
#define STORE_HISTORY_SCAN 10000U
int store_history_page(Store *store, const StoreFilter *filter, StoreActions *actions,
                       uint64_t *ret_next, Err *err);

/* After which number the newest `filter->limit` changes that fit begin; 0: with the first. */
int store_history_start(Store *store, const StoreFilter *filter, uint64_t *ret_after, Err *err);

/* Names the last pass that changed something, or may have, and was no undo: in a channel (its id or
 * name, and the name of its instance), where these are not NULL. -ENOENT, told in `err`: there is
 * none. */
int store_find_last_changing(Store *store, const char *instance, const char *channel,
                             char ret_pass[static STORE_PASS_ID_SIZE], Err *err);

/*
 * The deletions that have no outcome, oldest first, of one channel or (both NULL) of all:
 * what a killed run left, for store_decide(). `ret_actions` is done by the caller.
 */
int store_undecided(Store *store, const char *instance_key, const char *channel_id,
                    StoreActions *ret_actions, Err *err);

/* Whom store_watch_added() tells. */
typedef void (*StoreOnVanished)(void *userdata, const StoreAction *action);

/*
 * Names the members that an undo put back in a channel, that no deletion was recorded of since, and
 * that a whole list lacks: each once. Commits at once where there are any, and only what is
 * committed is told. 0, or the state's errors.
 */
int store_watch_added(Store *store, const char *instance_key, const char *channel_id,
                      IsListed is_listed, const void *list, StoreOnVanished on_vanished,
                      void *userdata, Err *err);

/* What store_settle() goes by, and whom it tells of what it decides (NULL: nobody): the id of what
 * was added is the one that it is listed by. */
typedef struct StoreSettling {
    SettleList list;          /* ops.h */
    uint64_t quarantine_usec; /* how long members of the channel stay in it, as it is now */
    void (*on_settled)(void *userdata, const StoreAction *action, Outcome outcome);
    void *userdata;
} StoreSettling;

/*
 * Decides what earlier passes left undecided in a channel, out of a whole list of its members
 * (ops.h, settle()); buffered. An addition is "added" where a member of its identity is listed, a
 * correction "corrected" where it is listed as it should be, and each "failed" where it is not a
 * minute after it was recorded: until then the list may lag; what was never sent is "skipped". What
 * was disabled or enabled likewise, and "gone" where the member is not listed. Then takes out of
 * quarantine who is not listed, and who is enabled although it was disabled for longer than a list
 * lags; a longer quarantine counts for all who stay. Costs nothing while nothing of an ended pass
 * is undecided and nobody is in quarantine.
 */
int store_settle(Store *store, const char *instance_key, const char *channel_id,
                 const StoreSettling *settling, uint64_t realtime_usec, Err *err);

/* Names each channel of an instance that store_settle() has something to decide in (ops.h,
 * unsettled()). Costs nothing while there is none anywhere. */
int store_unsettled(Store *store, const char *instance_key, UnsettledAdd add, void *userdata,
                    Err *err);

/* What store_prune() has forgotten. */
typedef struct StorePruned {
    uint64_t actions;
    uint64_t passes;      /* that they were of */
    uint64_t newest_usec; /* the newest of them, as the wall clock was then */
} StorePruned;

/*
 * Forgets deletions that have their outcome and whose recording is longer ago, by the steady clock,
 * than `keep_usec` (an hour at least), the passes that have none left, approvals that lapsed,
 * pauses that ended long ago and old samples, and gives free pages back to the file system. The
 * last 20 passes that changed something stay in any case. One bounded step, which commits at once
 * what it has to write: 1 where another may follow, 0 where all is done. What was forgotten is
 * added to `pruned`.
 */
int store_prune(Store *store, uint64_t keep_usec, StorePruned *pruned, Err *err);
