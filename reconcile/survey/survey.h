/* SPDX-License-Identifier: MIT */
/*
 * DOC: what the service has
 *
 * A survey reads what instances have, whatever the rosters say: the list of channels of each and,
 * where they are asked for, the members of each channel that is meant. It compares nothing and
 * changes nothing; all its requests are reads. `rosterctl channels` and `export` are made of it.
 *
 * It is a machine that somebody else drives, as a pass is (pass.h): answers and the time are
 * brought to it, never from within a call of its Ops, of which it uses those of time, chance, the
 * service and the log alone. It sends by the same rules as a pass (dispatch.h), and a list counts
 * as whole by the same rules (list_read.h, diff.h): a member that a survey shows is one that a pass
 * can tell from others.
 *
 * The way through it: survey_start() asks each instance for its list of channels, which becomes a
 * Catalog. Out of that the channels that are meant are made, once (survey_read.c), and each is
 * started when there is a slot for it. The members of a channel stand in its Diff, as the extras of
 * a roster that lists nobody. A channel, or an instance, that cannot be read keeps its error, and
 * none waits for another; survey_is_done() once nothing is left to read.
 *
 * The survey owns all of it until survey_free(); the configuration and the names are borrowed.
 */
#pragma once

#include "reconcile/channel/list_read.h"
#include "reconcile/plan/catalog.h"
#include "reconcile/plan/diff.h"
#include "reconcile/request/throttle.h"

typedef struct Survey Survey;

#define SURVEY_ALL_INSTANCES SIZE_MAX

typedef struct SurveyScope {
    const char *pass_id;      /* for the log */
    size_t instance;          /* index into Config.instances, or SURVEY_ALL_INSTANCES */
    bool reads_members;       /* of the channels; else their list alone is read */
    const char *const *names; /* the channels meant, each by a name, an id or instance/name */
    size_t name_count;        /* 0: all */
    Throttle *throttles;      /* one for each instance of the configuration */
} SurveyScope;

typedef enum SurveyState {
    SURVEY_KNOWN,        /* as the list of channels shows it: its members were not asked for */
    SURVEY_LISTED,       /* its members were read whole */
    SURVEY_UNMANAGEABLE, /* it has none that a roster could keep; `error` says why */
    SURVEY_FAILED,       /* it, or its members, cannot be read; `error` says why */
} SurveyState;

/* One channel of the service. Borrowed from the survey. */
typedef struct SurveyChannel {
    Survey *survey;
    size_t instance;       /* index into Config.instances */
    const ChannelRow *row; /* may be odd */
    ChannelKind kind;
    SurveyState state; /* final once the survey is done */
    Err error;
    bool is_done;
    RosterChannel roster; /* that lists nobody */
    Desired desired;
    Diff diff; /* SURVEY_LISTED: all members are its extras */
    Call call;
    ListRead list;
} SurveyChannel;

/* Everything but the scope itself is borrowed and outlives the survey. 0 or -ENOMEM. */
int survey_new(const Config *config, const Ops *ops, void *context, const SurveyScope *scope,
               Survey **ret_survey);
void survey_free(Survey *survey);
DEFINE_CLEANUP(Survey, survey_free)

/* Begins; may be done when it returns. */
void survey_start(Survey *survey);

/* As those of a pass. */
void survey_on_answer(Survey *survey, void *tag, const Answer *answer);
void survey_on_renewed(Survey *survey, size_t instance, Renewal renewal, const Err *err);
void survey_on_wake(Survey *survey);

/* Sends nothing more; what is in flight is awaited, or, abandoned, is not. */
void survey_stop(Survey *survey, const char *why);
void survey_abandon(Survey *survey, const char *why);

bool survey_is_done(const Survey *survey);

/* Once it is done: what was found stays, and of all that is borrowed only the configuration is
 * still looked at, and not even that by survey_free(). */
void survey_leave(Survey *survey);

/* ---- what was found ---- */

const Config *survey_get_config(const Survey *survey);

/* The channels of an instance that are meant, by name, then by id. */
const SurveyChannel *survey_get_channels(const Survey *survey, size_t instance, size_t *ret_count);

/* The rows of its whole list, those that are not meant as well, in the list's order; NULL behind
 * the last. */
const ChannelRow *survey_find_row(const Survey *survey, size_t instance, size_t number);

/* Whether it was to be read at all. */
bool survey_covers(const Survey *survey, size_t instance);

/* Why an instance's channels could not be read, or not all of them; NULL: they were. */
const Err *survey_find_error(const Survey *survey, size_t instance);

/* The first of the names that fits no channel; NULL: each fits one. */
const char *survey_find_unknown(const Survey *survey);

/* How many channels are read or given up, of those known so far. */
void survey_count(const Survey *survey, size_t *ret_channels, size_t *ret_read,
                  const char **ret_instance_name);
