/* SPDX-License-Identifier: MIT */
/*
 * DOC: what deciding needs of the world
 *
 * reconcile/ decides and does nothing by itself. Everything that a pass wants of the world (time,
 * chance, the service, the state, the log) goes through the table of functions below, Ops.
 * daemon/runtime fills it for production; a test fills it with a virtual clock and an imaginary
 * service, which is why a simulator can live years of passes in a minute.
 *
 * The types above the table are what both sides talk about. A Request is what a pass asks of the
 * service, an Answer what came of it, with pages already read and checked. A Change (change.h) is
 * one that is about to be sent, and a Batch those of one channel, which record() makes durable
 * first. An Event (event.h) is what the log is told.
 *
 * No function of the table may call back into the pass before it has returned: answers come later,
 * through pass_on_answer(), pass_on_intended(), pass_on_renewed() and pass_on_wake(). What a
 * function is given is borrowed for the call, unless its comment says otherwise.
 *
 * The rooms: request/ sends and sends again, plan/ compares and measures, channel/ leads one
 * channel through a pass, apply/ changes it, pass/ joins all channels, report/ is what came of it,
 * schedule/ says when passes begin.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "daemon/base/err.h"
#include "reconcile/change.h"
#include "reconcile/channel_record.h"
#include "reconcile/conditions.h"
#include "reconcile/event.h"
#include "reconcile/intent.h"
#include "reconcile/quarantine.h"

/* ---- what is asked of the service ---- */

typedef enum RequestKind {
    REQUEST_LIST_CHANNELS,  /* API.md section 1.10: offset, limit, and what it is confined to */
    REQUEST_LIST_MEMBERS,   /* API.md section 1.1: channel_id, offset, limit */
    REQUEST_DELETE_MEMBER,  /* API.md section 1.6: channel_id, member_id */
    REQUEST_ADD_MEMBERS,    /* API.md section 1.4: channel_id, and one member */
    REQUEST_DISABLE_MEMBER, /* API.md section 1.11: channel_id, member_id */
    REQUEST_ENABLE_MEMBER,  /* likewise */
} RequestKind;

typedef struct Request {
    RequestKind kind;
    size_t instance;              /* index into Config.instances */
    const RosterChannel *channel; /* whose request it is; NULL for REQUEST_LIST_CHANNELS */
    const char *channel_id;
    const char *member_id;
    uint64_t action;         /* of a change: as record() named it */
    const char *member_json; /* REQUEST_ADD_MEMBERS: the member, as composed */
    bool is_ecs;             /* REQUEST_ADD_MEMBERS: of an ECS channel */
    const char *find_id;     /* REQUEST_LIST_CHANNELS: the channel with that id alone; NULL: any */
    const char *find_name;   /* likewise, those of exactly that name */
    uint64_t offset;
    uint32_t limit;
    void *tag; /* handed to pass_on_answer() */
} Request;

/* Whether a request changes something at the service. */
static inline bool request_is_change(RequestKind kind)
{
    return kind != REQUEST_LIST_CHANNELS && kind != REQUEST_LIST_MEMBERS;
}

/* ---- what the service says ---- */

#define OPS_ID_SIZE_MAX 64 /* of a channel's or a member's id (API.md section 1.2) */

/* What is not told of a member's or a group's weight. */
#define OPS_WEIGHT_NONE (-1)

/* How a live member serves. */
typedef struct MemberFields {
    int32_t weight;  /* OPS_WEIGHT_NONE: not told */
    bool is_backup;  /* false where not told */
    bool is_enabled; /* the administrator's switch: status 1 or none */
} MemberFields;

/* A row of the member list (API.md section 1.2), its types checked. Strings are never NULL. */
typedef struct MemberRow {
    const char *id;
    const char *channel_id;
    const char *host;
    const char *ecs_id;
    const char *group;
    uint16_t port; /* 0: the channel's own */
    MemberFields fields;
} MemberRow;

typedef struct MemberPage MemberPage;
struct MemberPage {
    uint64_t total;
    const MemberRow *rows;
    size_t row_count;
    /* The complete row as the service gave it, in JSON; borrowed until the next call.
     * NULL when out of memory. */
    const char *(*describe)(const MemberPage *page, size_t row);
    const void *source;
};

/* A member group of a channel (API.md section 1.9). */
typedef struct ChannelGroup {
    const char *name; /* never NULL */
    int32_t weight;   /* that all its members have; OPS_WEIGHT_NONE: it has none of its own */
} ChannelGroup;

/* A row of the channel list (API.md section 1.7). Strings but `odd` are never NULL. */
typedef struct ChannelRow {
    const char *odd;              /* why it is not well-formed; NULL: it is */
    const char *id;               /* "" where it cannot be read, of an odd one */
    const char *name;             /* likewise */
    const char *member_type;      /* "" when absent */
    const char *vpc_channel_type; /* "" when absent */
    int type;                     /* -1 when absent */
    uint16_t port;                /* 0 when absent */
    bool has_reference;           /* a group names another channel */
    bool tells_groups;            /* else which groups there are is not known */
    const ChannelGroup *groups;
    size_t group_count;
} ChannelRow;

typedef struct ChannelPage {
    uint64_t total;
    const ChannelRow *rows;
    size_t row_count;
} ChannelPage;

typedef enum AnswerKind {
    ANSWER_HTTP,      /* a whole answer: http, code, message, request_id are its own */
    ANSWER_ODD,       /* a 2xx whose body is not what API.md promises; message says what */
    ANSWER_TIMEOUT,   /* the request may have had its effect */
    ANSWER_LOST,      /* the connection ended after something was sent: likewise */
    ANSWER_NOT_SENT,  /* no connection was made: surely without effect */
    ANSWER_UNTRUSTED, /* TLS would not vouch for the other side: likewise, and for good */
    ANSWER_REFUSED,   /* our own client would not send it: likewise, and for good */
    ANSWER_WITHHELD,  /* a change that might have outlived the lease (rosterd(8), "Several hosts"):
                         surely without effect */
} AnswerKind;

typedef struct Answer {
    AnswerKind kind;
    int http;                    /* 0 without a status */
    bool tells_error;            /* its body holds an error, whatever the status */
    int told_http;               /* the status that this error names itself; 0: none */
    char code[32];               /* "APIG.3024", "" without one */
    char message[320];           /* for people: error_msg of the service, or what went wrong */
    char request_id[72];         /* "" without one */
    bool has_retry_after;        /* of this answer's Retry-After header */
    uint64_t retry_after_usec;   /* as told; retry.h says how much is obeyed */
    bool has_date;               /* of this answer's Date header */
    uint64_t clock_apart_usec;   /* between that and our clock, whichever is ahead */
    uint64_t took_usec;          /* from its sending to its end; 0: not told */
    const MemberPage *members;   /* ANSWER_HTTP with 200 to REQUEST_LIST_MEMBERS; lives as long */
    const ChannelPage *channels; /* as the call that brings it; likewise for channels */
} Answer;

/* What became of a credential that the service refused. */
typedef enum Renewal {
    RENEWAL_DONE,      /* there is a new one */
    RENEWAL_UNCHANGED, /* there is none but the one refused */
    RENEWAL_FAILED,    /* getting one failed: the error says why */
} Renewal;

/* ---- what is kept ---- */

/* What approval a plan has. */
typedef enum Approval {
    APPROVAL_NONE,  /* or spent, or lapsed */
    APPROVAL_GIVEN, /* lets it pass its guards */
    APPROVAL_NOW,   /* and opens a closed window for it */
} Approval;

/* The word of an outcome, in reports, in the log and in the history. */
const char *ops_outcome_text(Outcome outcome);

/* What is to be sent of a member that is added or corrected. */
typedef struct MemberPost {
    const RosterMember *wanted;
    uint16_t port;      /* effective */
    uint8_t states;     /* ROSTER_MEMBER_* bits: what is sent of what it states */
    bool leaves_weight; /* its group has a weight of its own, or may have one */
    const char *before; /* the complete row that is corrected; NULL: it is added */
} MemberPost;

/* What a list shows of a member that was added or corrected. */
typedef struct ListedMember {
    const char *id;
    int32_t weight; /* which the service may have chosen; OPS_WEIGHT_NONE: not told */
} ListedMember;

/* Takes the id of a channel that unsettled() names. 0 or -ENOMEM. */
typedef int (*UnsettledAdd)(void *userdata, const char *channel_id);

/* What a whole list says of a deletion that was left undecided. */
typedef enum Settlement {
    SETTLEMENT_GONE,   /* the member is not listed: it was carried out */
    SETTLEMENT_FAILED, /* it is, and was given the time to go: it was not */
    SETTLEMENT_LATER,  /* it is, but the list may lag: it stays undecided for now */
    SETTLEMENT_ABSENT, /* its channel is not in the list of channels: one list decides nothing */
} Settlement;

/* A Settlement, or -ENOMEM. */
typedef int (*SettleMember)(void *list, const char *member_id);

/* Whether a whole list has the member. */
typedef bool (*IsListed)(const void *list, const char *member_id);

/* The id of a member of that identity (identity.h) in a whole list, or NULL. Borrowed. */
typedef const char *(*FindListed)(const void *list, const void *identity, size_t identity_size);

/* The same of one that was corrected, unless one of the fields in which `after` is not as `before`
 * is otherwise now. */
typedef const char *(*FindCorrected)(const void *list, const void *identity, size_t identity_size,
                                     const char *before, const char *after);

/* What a list says of a member that rosterd may have disabled. */
typedef enum SwitchLook {
    SWITCH_UNKNOWN, /* its channel is not in the list of channels: one list decides nothing */
    SWITCH_ABSENT,
    SWITCH_ENABLED,
    SWITCH_DISABLED,
} SwitchLook;

typedef SwitchLook (*LookAtSwitch)(const void *list, const char *member_id);

/* How a whole list is asked what became of changes. */
typedef struct SettleList {
    SettleMember settle_member; /* of a deletion */
    FindListed find_listed;     /* of an addition */
    FindCorrected find_corrected;
    void *list;
    LookAtSwitch look; /* of one that was disabled or enabled */
} SettleList;

typedef struct Ops {
    uint64_t (*now_usec)(void *context);      /* monotonic */
    uint64_t (*realtime_usec)(void *context); /* for the fight guard and what people read */
    uint64_t (*random)(void *context);        /* 64 random bits */

    /* Asks for one pass_on_wake() at that monotonic time or soon after; replaces what was asked
     * before; USEC_NEVER: none. */
    void (*wake_at)(void *context, uint64_t monotonic_usec);

    /* Sends one request, once. 0: pass_on_answer() will follow; negative: it will not, and nothing
     * was sent. -EKEYEXPIRED: there is no credential to send with, renew() gets one. -ESTALE: a
     * change that might outlive the lease, as with ANSWER_WITHHELD, which is what the same comes to
     * where it is found later. A change is refused unless record() took it in this pass. */
    int (*submit)(void *context, const Request *request);

    /* Gets an instance a new credential: pass_on_renewed() follows. Negative: it will not. */
    int (*renew)(void *context, size_t instance);

    /* What is remembered of a channel that has extras, for its guards; and whether it is paused, by
     * its id or by its name. */
    int (*recall)(void *context, const RosterChannel *channel, const ChannelRow *row,
                  ChannelRecord *record, Err *err);

    /* Adds the members of a channel that are in quarantine, with the time that each has left by the
     * `quarantine` of the roster. 0, -ENOMEM, or the state's errors. Costs next to nothing where
     * there is none. */
    int (*recall_quarantine)(void *context, const RosterChannel *channel, const char *channel_id,
                             Quarantine *quarantine, Err *err);

    /* Extras that are disabled already, by somebody else, enter the quarantine of their channel
     * now. Not called in a dry run. */
    int (*enter_quarantine)(void *context, const RosterChannel *channel, const ChannelRow *row,
                            const char *const *member_ids, size_t count, Err *err);

    /* Members that somebody else had disabled are in it no more. Likewise. */
    int (*leave_quarantine)(void *context, const RosterChannel *channel, const char *channel_id,
                            const char *const *member_ids, size_t count, Err *err);

    /* The Approval of the plan with that digest, or the state's errors. Time in which the gate is
     * closed does not count towards its end. */
    int (*is_approved)(void *context, const char *digest, const ChangeGate *gate, Err *err);

    /* Spends the approval with that digest, of several plans (or none), by giving each of them one
     * of its own. Not called in a dry run. */
    int (*share_approval)(void *context, const char *digest, const char *const *plans,
                          size_t plan_count, Err *err);

    /* Replaces the sightings remembered of a channel. Not called in a dry run. */
    int (*remember)(void *context, const RosterChannel *channel, const char *channel_id,
                    const Sighting *sightings, size_t count, Err *err);

    /* Names each channel of an instance that has anything for settle(), once. Not called in a dry
     * run. 0, -ENOMEM, or the state's errors. */
    int (*unsettled)(void *context, size_t instance, UnsettledAdd add, void *userdata);

    /* Gives the channel's changes that an earlier pass, undo or a killed run left undecided their
     * outcome out of a whole list, and forgets who is in quarantine and not listed so. Called for
     * each channel before its plan is carried out; not in a dry run. */
    int (*settle)(void *context, const RosterChannel *channel, const char *channel_id,
                  const SettleList *list, Err *err);

    /* Looks which of the members that an undo put back a whole list of their channel lacks, and
     * tells of them where it is paused: somebody else deletes there. Called for each channel's list
     * that a plan is made from; not in a dry run. What cannot be read waits for the next list. */
    void (*watch_added)(void *context, const RosterChannel *channel, const ChannelRow *row,
                        IsListed is_listed, const void *list);

    /* Whether changes may be made by the configuration of this pass, asked before each intend() and
     * record(), and before deletions that waited for additions to take effect: 1, yes. 0, not now:
     * the pass holds its changes, as by pass_hold_changes(), until pass_allow_changes() or its end.
     */
    int (*may_change)(void *context);

    /* Writes what is sent of a member that is added or corrected (API.md section 1.4), into the
     * arena. NULL: out of memory, or `before` is no member. */
    const char *(*compose)(void *context, const MemberPost *post, Arena *arena);

    /* Reads the fields of a member as the service gave it, or as compose() wrote it, with the
     * defaults of those that it does not tell. ROSTER_MEMBER_* bits: those told; -EINVAL for what
     * is no member, -ENOMEM. */
    int (*read_fields)(void *context, const char *member_json, MemberFields *ret_fields);

    /* What the fleet says of an instance, asked before its changes are judged; {0}: nothing, or
     * there is none. Costs next to nothing. */
    void (*get_conditions)(void *context, size_t instance, Conditions *ret_conditions);

    /* Makes known to the other hosts of a fleet what is about to be changed in a channel: all of
     * it, in one batch, before the first record() of it. An approval that the batch goes by is
     * spent with it; of an undo, pauses do not count. 1: there is nobody to tell, which costs
     * nothing. 0: pass_on_intended() follows with `tag`, in bounded time. Negative: it does not,
     * nothing was made known, and the channel fails with `err`. */
    int (*intend)(void *context, const Batch *batch, void *tag, Err *err);

    /* Of one under way: nothing follows of it any more. Its changes are not made, whether or not
     * it is made known. */
    void (*cancel_intent)(void *context, void *tag);

    /* Makes the changes of some channels durable, before the first of them is sent: all in one
     * commit, or none. `err` may be NULL. */
    int (*record)(void *context, Batch *batches, size_t count, Err *err);

    /* Adds a change's outcome, which may become durable a little later. Called once at most for an
     * action, when its outcome is known, but that a FAILED deletion whose member is found gone
     * becomes GONE; never for one that was sent and whose effect stayed unknown until the pass
     * ended. `listed` is a member that was added or corrected, NULL otherwise. `err` may be NULL.
     */
    int (*decide)(void *context, uint64_t action, Outcome outcome, uint32_t attempts,
                  const ListedMember *listed, const Answer *answer, Err *err);

    void (*tell)(void *context, const Event *event);
} Ops;
