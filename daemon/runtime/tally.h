/* SPDX-License-Identifier: MIT */
/*
 * What the daemon has counted since it began, and what it knows last of each channel: what metrics
 * tell (daemon/web/metrics.h). Counting takes a few instructions, and nothing here fails but
 * tally_new(). A controller has one; after a reload it goes on with what the one before has of the
 * same instances and channels, whatever they are called by now.
 */
#pragma once

#include "config/channel_index.h"
#include "config/config.h"
#include "config/instance_index.h"
#include "reconcile/report/counts.h"

enum { TALLY_OPERATION_COUNT = REQUEST_ENABLE_MEMBER + 1, TALLY_BUCKET_COUNT = 12 };

/* What came of a request: an HTTP status, or one of these, which are smaller than any. */
enum {
    TALLY_NOT_SENT,
    TALLY_LOST,
    TALLY_TIMEOUT,
};

typedef struct TallyCode {
    int code;
    uint64_t count;
} TallyCode;

/* The upper bounds of the buckets, in microseconds, least first. */
extern const uint64_t tally_request_bounds_usec[TALLY_BUCKET_COUNT];
extern const uint64_t tally_pass_bounds_usec[TALLY_BUCKET_COUNT];

typedef struct TallyHistogram {
    uint64_t counts[TALLY_BUCKET_COUNT + 1]; /* each by itself; the last is above all bounds */
    uint64_t sum_usec;
} TallyHistogram;

/* There are few codes, and the first of them is nearly all that comes. */
typedef struct TallyAnswers {
    TallyCode *codes;
    size_t code_count, code_capacity;
} TallyAnswers;

typedef struct TallyInstance {
    TallyAnswers answers[TALLY_OPERATION_COUNT];
    TallyHistogram requests[TALLY_OPERATION_COUNT]; /* of those that were sent */
    uint64_t retries[TALLY_OPERATION_COUNT];
    uint64_t passes[RESULT_FAILED + 1];
    TallyHistogram pass;
    uint64_t last_pass_usec; /* realtime of its end; 0: there was none */
    uint64_t failed_passes;  /* in a row */
} TallyInstance;

typedef enum TallyOutcome {
    TALLY_MADE,
    TALLY_GONE, /* of a deletion: somebody else had made it */
    TALLY_FAILED,
    TALLY_OUTCOME_COUNT,
} TallyOutcome;

typedef struct TallyChannel {
    char *id;   /* NULL: not known */
    char *name; /* likewise */
    bool has_result;
    Result result;
    uint32_t guards;       /* a bit for each GuardName that holds it */
    uint64_t listed_usec;  /* realtime of the last pass that had a whole list; 0: none */
    uint64_t in_sync_usec; /* likewise, and left it in sync */
    Counts counts;         /* of the last whole list */
    uint64_t (*changes)[TALLY_OUTCOME_COUNT]; /* by ChangeKind; NULL: none was made */
} TallyChannel;

typedef struct Tally {
    const Config *config; /* borrowed */
    ChannelIndex index;   /* of it */
    InstanceIndex known;  /* likewise */
    TallyInstance *instances;
    TallyChannel *channels;
} Tally;

/* -ENOMEM. `config` outlives it. */
int tally_new(const Config *config, Tally **ret_tally);
void tally_free(Tally *tally);
DEFINE_CLEANUP(Tally, tally_free)

/* Goes on with what `old` knows of the same instances and channels, which it has no more then. What
 * there is no memory for begins anew. */
void tally_take_over(Tally *tally, Tally *old);

/* A NULL tally is fine in all that follows. */

/* A request was sent, or (`r` negative) could not be; `is_again`: its call was sent before. */
void tally_on_submit(Tally *tally, const Request *request, bool is_again, int r);
void tally_on_answer(Tally *tally, const Request *request, const Answer *answer);

/* Counts changes, whichever run made them, and nothing else. */
void tally_on_event(Tally *tally, const Event *event);

/* A pass of an instance has ended by itself. */
void tally_on_pass(Tally *tally, size_t instance, const Report *report, uint64_t took_usec,
                   uint64_t realtime_usec);

/* A pass could not even begin. */
void tally_on_no_pass(Tally *tally, size_t instance);
