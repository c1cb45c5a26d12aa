/* SPDX-License-Identifier: MIT */
/* What a survey found, as JSON: {"channels": [...], "instances": [...]}. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/json/json_writer.h"
#include "reconcile/survey/survey.h"

/* The words of "result" of a channel; null: its members were not asked for. */
#define REPORT_SURVEY_LISTED "listed"
#define REPORT_SURVEY_UNMANAGEABLE "unmanageable"
#define REPORT_SURVEY_FAILED "failed"

/* The instance that a person means by its name; NULL: all. 0 or, told in `err`, -ENOENT. */
int report_survey_find_instance(const Config *config, const char *name, size_t *ret_instance,
                                Err *err);

/* Whether each channel that was asked for is there: 0; -ENOENT one is not; -EIO as far as could be
 * read; told in `err`. */
int report_survey_check(const Survey *survey, Err *err);

/* How far it is put that is put in several parts. Begins with the survey alone. */
typedef struct SurveyPart {
    const Survey *survey;
    size_t instance, channel, member; /* of the next one */
    bool is_begun, is_in_channel;
} SurveyPart;

/* Puts what was found, members as the service gave them: on from where it was, until the writer's
 * buffer holds `size_max` bytes or a little more. 1: more follows; 0: that was the end; -ENOMEM. */
int report_survey_put(SurveyPart *part, JsonWriter *writer, size_t size_max);
