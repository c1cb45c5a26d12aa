/* SPDX-License-Identifier: MIT */
/* What changed between two configurations, thing by thing, for the log of a reload. */
#pragma once

#include "config/config.h"

typedef enum DifferenceKind {
    DIFFERENCE_NONE,    /* the same in both */
    DIFFERENCE_CHANGED, /* in both, not the same */
    DIFFERENCE_ADDED,
    DIFFERENCE_REMOVED,
} DifferenceKind;

typedef enum ChangeSubject {
    DIFFERENCE_OF_SETTINGS, /* what is of all instances, such as mode and interval: "settings" */
    DIFFERENCE_OF_INSTANCE, /* `name` is the instance's */
    DIFFERENCE_OF_CHANNEL,  /* `name` is "instance/name", or "instance/id:ID" */
} ChangeSubject;

typedef struct Difference {
    DifferenceKind kind;
    ChangeSubject subject;
    const char *name; /* lives as long as the call that brings it */
} Difference;

typedef void (*CompareOnChange)(const Difference *change, void *userdata);

/* Calls on_change once for the settings, for each instance and for each channel of either. Returns
 * how many are not DIFFERENCE_NONE; -ENOMEM. */
int compare_configs(const Config *old, const Config *new, CompareOnChange on_change,
                    void *userdata);

/* "unchanged", "changed", "added", "removed". */
const char *compare_kind_text(DifferenceKind kind);
