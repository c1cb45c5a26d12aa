/* SPDX-License-Identifier: MIT */
/*
 * DOC: one channel of a pass
 *
 * One channel's way through a pass: list, compare, guard, apply (apply.h), confirm (confirm.h).
 * Nothing here knows of other channels; the pass starts each when there is a slot for it.
 *
 * A channel has one request under way at a time, its call, and so at most one change: the service
 * answers concurrent changes of one channel with an error. What the answer comes to is decided
 * where the call was begun; the callback of a whole list (ChannelOnWhole) says which step follows.
 * A list is read anew, and emptied before, until it is provably whole or the tries are used up.
 *
 * After a change the service may lag: channel_look_again() reads after 1, 3 and 10 s before a
 * member that is still listed counts as not deleted, and likewise before an earlier pass's
 * deletion, whose outcome nobody knows, is called failed.
 *
 * Every way ends in channel_close(), once: the channel has its result, what the work needed is
 * freed, and the pass has one open channel less. The report stays until the pass is freed.
 */
#pragma once

#include "reconcile/channel/list_read.h"
#include "reconcile/plan/catalog.h"
#include "reconcile/plan/chosen.h"
#include "reconcile/plan/fate.h"
#include "reconcile/plan/identity.h"
#include "reconcile/plan/plan.h"
#include "reconcile/report/report.h"
#include "reconcile/request/dispatch.h"

typedef struct ChannelPass ChannelPass;
typedef struct GroupCommit GroupCommit;
typedef struct ChannelUndo ChannelUndo;
typedef struct PassGuards PassGuards;
typedef struct TakeOver TakeOver;

/* What is known of one change, until its outcome is decided. */
typedef struct Sent {
    size_t wanted;         /* of an addition or a correction: which of the roster's members; in an
                              undo of each: which of its items */
    size_t row;            /* of the report's rows of its kind; not in an undo */
    const char *listed_id; /* of one that was added, as the list has it; the report owns it */
    int32_t listed_weight; /* likewise */
    bool was_tried;        /* its call has ended; else it is still to be sent, or is skipped */
    bool is_refused;       /* the channel is full: it is sent again in exchange for an extra */
    bool is_decided;       /* the history has its outcome */
    bool may_have_worked;  /* some send was ambiguous */
    bool was_unheard;      /* of some send no word of the service came */
    bool was_uncertain;    /* the last answer was another success than the one promised */
    int http;              /* of the last answer, 0 without one */
    char code[32];
    char request_id[72];
} Sent;

/* What a step may come to when a list is whole. */
typedef void (*ChannelOnWhole)(ChannelPass *channel);

/* What becomes of a channel whose changes are recorded or (`err`) are not. */
typedef void (*ChannelOnRecorded)(ChannelPass *channel, const Err *err);

/* What becomes of the changes that are left when a list cannot be read. */
typedef void (*ChannelOnUnread)(ChannelPass *channel);

/* An extra goes, and then what the service refused for its quota is added (exchange.h). */
typedef enum ExchangeStep {
    EXCHANGE_NONE,
    EXCHANGE_DELETING,
    EXCHANGE_ADDING,
} ExchangeStep;

struct ChannelPass {
    const Config *config;
    const Ops *ops;
    void *context; /* of ops */
    const char *pass_id;
    bool dry_run;
    const ChosenPlans *chosen; /* that the pass is confined to; NULL: any */
    Dispatch *dispatch;        /* of its instance */
    PassGuards *pass_guards;   /* of its instance */
    GroupCommit *group_commit; /* of the pass */
    ChannelReport *report;     /* what comes of it */
    const RosterChannel *roster;
    ChannelUndo *undo;     /* what an undo turns back; NULL in a pass that compares */
    bool is_recovery;      /* recovery.h */
    const ChannelRow *row; /* of the catalog; NULL until it is resolved */
    size_t *open_count;    /* channels of the pass that are not done */
    ChannelPass **done;    /* those of its instance that are, this one as well then; NULL: nobody
                            * asks */
    ChannelPass *next_done;
    size_t number; /* among its instance's */
    bool is_done;

    Call call;     /* the one request under way */
    char *member;  /* that it changes, for people, of IDENTITY_TEXT_SIZE; NULL before changes */
    ListRead list; /* the list that is read by it, or was read last */
    uint64_t listed_usec; /* when that was whole */
    Desired desired;
    Diff diff;      /* of the list that the plan is made from */
    Diff confirmed; /* of the last list read after changes */
    Diff *reading;  /* which of the two is being filled */
    ChannelOnWhole on_whole;
    ChannelOnUnread on_unread; /* NULL: nothing is left */
    Plan plan;
    ChannelRecord record;
    Guard *guards;   /* of each its place, as evaluated for the plan; NULL until it is started */
    Guard *held;     /* likewise: room for those that the report is to tell, which takes it */
    size_t refusing; /* how many of the channel's own refuse */
    TakeOver *take_over;       /* of its instance, kept from pass to pass; NULL: it is not */
    uint64_t token;            /* of the instance's ownership in a fleet */
    bool needs_sightings;      /* whatever is planned must have been seen twice */
    bool is_withheld;          /* by a condition of the fleet, before or during changes */
    bool has_approval;         /* there is one for exactly this plan */
    bool opens_window;         /* and it opens a closed window */
    bool is_approved;          /* and the plan needs it to pass, which spends it */
    Quarantine quarantine;     /* who is in it, by the state */
    Map quarantine_ids;        /* of these, before the list was read */
    Fates fates;               /* what becomes of them */
    bool is_enabling;          /* its changes are those that no guard and no window holds */
    bool has_enabled;          /* and were made in this pass */
    ChannelOnWhole on_enabled; /* what follows then: its list is read and judged anew */
    bool is_shut;              /* by a window, a freeze or the clocks (gate.h) */
    bool is_paused;            /* since the plan was made, or withheld: sends no further change */
    Map tried;             /* ids of listed members whose deletion an earlier pass left undecided */
    size_t in_doubt_count; /* how many of them have no outcome yet */

    ChannelOnRecorded on_recorded;
    bool is_intending;  /* its changes are being made known to a fleet */
    bool lost_approval; /* that was told then: the approval that they went by is gone */
    bool keeps_slot;    /* among the instance's requests, while its changes are recorded */
    Change *changes;    /* of the plan: additions, corrections, deletions, each in their order */
    Sent *sent;         /* of each */
    size_t change_count;
    size_t recorded_count; /* the first so many stand in the state */
    size_t first_deletion; /* the number of the first that takes something away: what is disabled
                            * and deletions */
    bool is_made;          /* what comes before it is done, as a list says */
    size_t next;           /* the first that was not tried in their order */
    size_t under_way;      /* the change whose call is, or was last */
    ExchangeStep exchange; /* that is under way */
    size_t exchanged;      /* by it: the addition */
    bool is_settling;      /* deletions wait until what was added had its time to take effect */
    size_t deletions_sent; /* of them, sent once at least: those that the guards of a pass count */
    uint32_t failures_in_row;
    uint32_t looks;        /* at the list after changes, that did not show them all */
    uint32_t settle_looks; /* at the list before, that showed a member whose end is not known */
};

/* Begins a resolved channel's work: reads its list into channel->diff and calls on_list once that
 * is whole. The end is is_done, perhaps before this returns. */
void channel_start(ChannelPass *channel, const ChannelRow *row, ChannelOnWhole on_list);

/* Ends it with a result; `err` (may be NULL) goes into the report unless there is an earlier one.
 */
void channel_end(ChannelPass *channel, Result result, const Err *err);

/* The same without telling: for what was told of the whole instance. */
void channel_close(ChannelPass *channel, Result result, const Err *err);

/* Reads the whole list into `diff`, after a delay; then calls on_whole. When it cannot be read, the
 * channel ends as failed, or as drift when the pass was stopped first. */
void channel_read(ChannelPass *channel, Diff *diff, uint64_t delay_usec, ChannelOnWhole on_whole);

/* Reads it again, emptied, after the next of the waits in which what was just written may show
 * (API.md section 2): 1, 3 and 10 s; `looks` counts them. False: there is none left. */
bool channel_look_again(ChannelPass *channel, Diff *diff, uint32_t *looks, ChannelOnWhole on_whole);

/* Reads anew who is in quarantine. 0, -ENOMEM, or the state's errors, told in `err`. */
int channel_recall_quarantine(ChannelPass *channel, Err *err);

/* Begins a request that changes `channel->member`: the kind of `change`, its member and what
 * belongs to that are the caller's, the rest is filled in. `doing` and `on_end` are the call's. It
 * is not sent, nor sent again, once the channel's window has closed. */
void channel_change(ChannelPass *channel, const Request *change, const char *doing,
                    CallOnEnd on_end);

/* Whether the service took an addition for one too many (API.md section 3.2, code 3110). */
bool channel_is_full(const Answer *answer);

/* What a channel comes to that sends no further change, and of which nothing failed. */
Result channel_paused_result(const ChannelPass *channel);

/* Says that it was paused, or its window closed, while its changes were under way. */
void channel_explain_pause(const ChannelPass *channel, Err *err);

/* What an event says of a channel, borrowed from it; and telling it. */
Event channel_event(const ChannelPass *channel, EventKind kind, const Err *err);
void channel_tell(const ChannelPass *channel, EventKind kind, const Err *err);

/* Frees what the work needed; the report stays. */
void channel_done(ChannelPass *channel);
