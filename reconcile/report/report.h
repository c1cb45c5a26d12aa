/* SPDX-License-Identifier: MIT */
/*
 * DOC: what a pass came to
 *
 * A Report is what a pass found and did: a ChannelReport for each channel of its scope, in the
 * order of the configuration, and an InstanceReport for what concerns a whole instance, such as
 * the guards of a pass or a failure. The pass fills it as it goes on; each channel gets its Result
 * when it ends.
 *
 * Results are ordered from best to worst, and the worst one of all channels is the pass's, which
 * gives the exit status. A number that was never read is not zero: `has_list` says whether the
 * numbers of a channel are of a whole list.
 *
 * The report owns copies of all texts that come from the service, in an arena for each channel, so
 * that it outlives the lists that it was made from; texts of the roster are borrowed from the
 * Config. pass_take_report() moves it out of the pass, and report_done() frees it.
 *
 * near_miss.h finds extras that look like a slip in the roster. How a report is printed is no
 * matter of this room: daemon/report makes JSON and text of it.
 */
#pragma once

#include "reconcile/plan/diff.h"
#include "reconcile/plan/guard.h"

/* From best to worst. */
typedef enum Result {
    RESULT_IN_SYNC,
    RESULT_CONVERGED,
    RESULT_PAUSED,
    RESULT_QUARANTINED, /* nothing is open but that extras are in quarantine */
    RESULT_DRIFT,
    RESULT_HELD,
    RESULT_UNMANAGEABLE,
    RESULT_FAILED,
} Result;

typedef struct ExtraReport {
    const char *id;
    const char *group;
    const char *address;
    uint16_t port;
    Outcome outcome;
    uint32_t attempts;
    uint64_t until_usec; /* OUTCOME_QUARANTINED: realtime; 0: not known */
    bool enters;         /* the plan is to disable it first */
} ExtraReport;

/* A member that is to be added. */
typedef struct AddedReport {
    const char *group;
    const char *address;
    uint16_t port;
    Outcome outcome;
    uint32_t attempts;
} AddedReport;

typedef struct MissingReport {
    const char *group;
    const char *address;
    uint16_t port;
} MissingReport;

/* A live member with another value of a field than the roster states. */
typedef struct ChangedReport {
    const char *id;
    const RosterMember *member; /* the roster's */
    uint16_t port;
    uint8_t states; /* ROSTER_MEMBER_* bits: in which fields they differ */
    MemberFields live;
    Outcome outcome;
    uint32_t attempts;
} ChangedReport;

typedef struct ChannelReport {
    const RosterChannel *channel; /* the roster's entry */
    const char *instance_name;
    const char *name; /* the channel's own, else the roster's; NULL when neither is known */
    const char *id;   /* NULL while not known */
    bool is_ecs;
    Result result;
    bool is_refused; /* for good, by the service or for what the roster says of it: it was not
                      * listed, and would not be if it were asked for again */
    bool has_list;   /* the numbers below are of a whole list */
    size_t live_count;
    size_t ignored_count;
    size_t disabled_count; /* wanted members that are out of service and do not state `enabled` */
    ExtraReport *extras;   /* of the list that the plan was made from */
    size_t extra_count;
    AddedReport *added; /* likewise, those planned */
    size_t added_count;
    ChangedReport *changed; /* likewise */
    size_t changed_count;
    ChangedReport *enabled; /* that rosterd had disabled, and are to be enabled again, or were */
    size_t enabled_count;
    MissingReport *missing; /* of the last list read */
    size_t missing_count;
    char digest[DIGEST_HEX_SIZE];
    Guard *guards; /* on the heap: those that refuse, or would without the pause or `observe` */
    size_t guard_count;       /* GUARD_COUNT at most */
    const char *pause_reason; /* NULL: not paused; of a channel that was not listed, what the roster
                               * says */
    uint64_t pause_end_usec;  /* realtime; 0: no end */
    PauseScope pause_scope;
    const Err *error; /* the arena's; NULL: none. report_error(), report_set_error() */
    Arena arena;      /* holds all strings but the roster's */
} ChannelReport;

/* What the guards of a whole pass have to say of an instance. */
typedef struct InstanceReport {
    const char *name;
    const Instance *instance;       /* borrowed; NULL: not told */
    char digest[DIGEST_HEX_SIZE];   /* of the plans that only they hold; "" where there is none */
    char approved[DIGEST_HEX_SIZE]; /* whose approval let plans pass in this pass; "" without one */
    Guard guards[GUARD_COUNT];      /* those that refuse */
    size_t guard_count;
    Err error; /* why nothing more was sent to it; "" without one */
} InstanceReport;

typedef struct Report {
    const char *pass_id;
    bool dry_run;
    const char *roster_digest; /* of the set that it went by, borrowed; NULL or "": not known */
    const char *roster_head;   /* where that stands in git; likewise */
    ChannelReport *channels;
    size_t channel_count;
    InstanceReport *instances; /* those that the pass was for */
    size_t instance_count;
} Report;

void report_channel_done(ChannelReport *report);

/* Frees the channels and instances of a report that was taken (pass.h). */
void report_done(Report *report);

/* What is wrong with the channel; an Err that is not set where nothing is. Borrowed. */
const Err *report_error(const ChannelReport *report);

/* Replaces that, copying it; where there is no memory for it, that is what is wrong. An error that
 * is not set, or NULL, clears it. */
void report_set_error(ChannelReport *report, const Err *err);

/* Each replaces what the report had, copying it. 0 or -ENOMEM. */
int report_set_identity(ChannelReport *report, const char *id, const char *name);
int report_set_extras(ChannelReport *report, const Extra *extras, size_t count);
int report_set_changed(ChannelReport *report, const Desired *desired, const Changed *changed,
                       size_t count);
/* Adds to those that the report has already. */
int report_add_enabled(ChannelReport *report, const Kept *const *kept, size_t count);
/* `count`: all that are missing, or 0. */
int report_set_added(ChannelReport *report, const Diff *diff, size_t count);
int report_set_missing(ChannelReport *report, const Diff *diff);
int report_set_pause(ChannelReport *report, const char *reason, uint64_t end_usec,
                     PauseScope scope);
void report_clear_pause(ChannelReport *report);

/* The worse of two results, an unmanageable one taken as failed. */
Result report_worse(Result worst, Result result);

/* The worst result of all channels. */
Result report_result(const Report *report);

/* The same of the channels of one instance. */
Result report_instance_result(const Report *report, const InstanceReport *instance);

/* Whether guards of a whole pass hold a channel of that instance, and none of its own. */
bool report_is_held_by_pass(const ChannelReport *channel, const InstanceReport *instance);

/* Whether any of its channels could be read, or needs not be: while none can, passes back off. */
bool report_could_read(const Report *report);

/* The exit status: 0, 2 (drift, pause), 3 (held) or 1 (failed): of a report, and of a result. */
int report_exit_status(const Report *report);
int report_exit_status_of(Result result);

/* The word of a result, and the result of a word: a failure for a word that is none. */
const char *report_result_text(Result result);
Result report_result_of(const char *word);
