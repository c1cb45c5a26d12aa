/* SPDX-License-Identifier: MIT */
/* Identifies the set of rosters in a configuration: by a digest of what it says, and by the commit
 * that its files are at. */
#pragma once

#include "daemon/base/digest.h"

#define ROSTER_SET_HEAD_SIZE 65

typedef struct RosterSet {
    /* Digest of what it says: the channels with their members, rules, pauses, modes and guards, by
     * value. Files, their order and local names of instances are no part of it. */
    char digest[DIGEST_HEX_SIZE];
    /* The commit of the one git work tree in which all files with channels stand; "": there is
     * none. The files may differ from it. */
    char head[ROSTER_SET_HEAD_SIZE];
} RosterSet;

struct Config;

/* The digest of a checked configuration. 0 or -ENOMEM. */
int roster_set_digest(const struct Config *config, char ret_digest[static DIGEST_HEX_SIZE]);

/* Reads the head from .git; git is not run. What is not found, or not understood, gives "". */
void roster_set_head(const struct Config *config, char ret_head[static ROSTER_SET_HEAD_SIZE]);
