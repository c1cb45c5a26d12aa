/* SPDX-License-Identifier: MIT */
/* What changed between two configurations, thing by thing, for the log of a reload. */
#pragma once

#include "config/config.h"

typedef enum ChangeKind {
    CHANGE_NONE,    /* the same in both */
    CHANGE_CHANGED, /* in both, not the same */
    CHANGE_ADDED,
    CHANGE_REMOVED,
} ChangeKind;

typedef enum ChangeSubject {
    CHANGE_OF_SETTINGS, /* what is of all instances, such as mode and interval: "settings" */
    CHANGE_OF_INSTANCE, /* `name` is the instance's */
    CHANGE_OF_CHANNEL,  /* `name` is "instance/name", or "instance/id:ID" */
} ChangeSubject;

typedef struct Change {
    ChangeKind kind;
    ChangeSubject subject;
    const char *name; /* lives as long as the call that brings it */
} Change;

typedef void (*CompareOnChange)(const Change *change, void *userdata);

/* Calls on_change once for the settings, for each instance and for each channel of either. Returns
 * how many are not CHANGE_NONE; -ENOMEM. */
int compare_configs(const Config *old, const Config *new, CompareOnChange on_change,
                    void *userdata);

/* "unchanged", "changed", "added", "removed". */
const char *compare_kind_text(ChangeKind kind);
