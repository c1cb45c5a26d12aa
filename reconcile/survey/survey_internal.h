/* SPDX-License-Identifier: MIT */
/* The inside of a Survey, for its own files. */
#pragma once

#include "reconcile/survey/survey.h"

typedef struct SurveyInstance {
    Survey *survey;
    Dispatch dispatch;
    Catalog catalog;
    Call call;               /* for the list of channels */
    ListRead list;           /* which is read by it */
    const ChannelRow **rows; /* of the catalog, in the list's order */
    size_t row_count, row_capacity;
    SurveyChannel *channels; /* of these, those that are meant */
    size_t channel_count;
    size_t next; /* how many of them were started */
    bool is_covered;
    bool is_listed; /* its channels are known, or cannot be read */
    Err error;
} SurveyInstance;

struct Survey {
    const Config *config;
    const Ops *ops;
    void *context;
    bool reads_members;
    const char *const *names;
    size_t name_count;
    bool *fits; /* of each name: some channel has it */
    uint64_t deadline_usec;
    SurveyInstance *instances;
    size_t instance_count; /* of the configuration */
    size_t open_count;     /* lists of channels and of members that are still to be read */
};

/* Begins to read an instance's list of channels, out of which its channels are made. */
void survey_read_channels(SurveyInstance *instance);

/* Begins to read the members of one of them. */
void survey_read_members(SurveyChannel *channel);
