/* SPDX-License-Identifier: MIT */
/*
 * What the daemon reads of the service for a request, by its own credentials, beside its passes and
 * without touching them: a dry run (handle_plan.h) or a survey (handle_channels.h). One at a time.
 */
#pragma once

#include "daemon/control/control_internal.h"
#include "daemon/json/json_value.h"

typedef struct Planning Planning;

/* What differs between them. */
typedef struct PlanningKind {
    /* Begins the run, by `planning->backend`. 0, or what is wrong. */
    int (*begin)(Control *control, Planning *planning, Err *err);
    /* The run is done: answers the request. */
    void (*answer)(Control *control, Planning *planning);
} PlanningKind;

/* The one under way. Its backend is one of its own, whose client sends nothing but reads; of the
 * daemon's it uses the throttles and the limiter, so that both together keep to requests_per_second
 * and total_concurrency. */
struct Planning {
    const PlanningKind *kind;
    ServerRequest *request;
    char *lines;         /* the names are its parts; NULL: none */
    const char **names;  /* the channels that are asked for */
    size_t name_count;   /* 0: all */
    Backend backend;     /* without a client before it begins */
    Throttle *throttles; /* the backend's own, put aside */
    PassRun *run;
};

/* What is said where it does not. */
#define PLANNING_OTHER_SETTINGS "this rosterd runs with another settings file"

/* Whether the daemon runs with the settings file of that device and inode. */
bool planning_is_meant(const Control *control, uint64_t device, uint64_t inode);

/* Begins one, or answers why not; `channels` has a name in each line, NULL: all. */
void planning_begin(Control *control, ServerRequest *request, const PlanningKind *kind,
                    const char *channels);

/* For begin(): what a run calls. */
void planning_on_done(PassRun *run, void *userdata);
void planning_on_event(const Event *event, void *userdata);

/* The controller changed: begins anew with the one in force, before the one before is gone. */
void planning_ask_again(Control *control);

/* The run of the one under way, or NULL. */
const PassRun *planning_find_run(const Control *control);

/* Answers with 503: the daemon ends. */
void planning_end(Control *control);
