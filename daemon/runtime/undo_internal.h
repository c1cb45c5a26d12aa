/* SPDX-License-Identifier: MIT */
/* The inside of an Undo, for its own files. */
#pragma once

#include "daemon/runtime/undo.h"

struct Undo {
    StoreActions actions; /* those undone; hold all texts */
    Config config;        /* the one in force, but with the channels of the undo */
    RosterChannel *channels;
    ChannelUndo *undos;
    UndoItem *items;    /* of all of those */
    const char **names; /* of the channels, as the history has them */
    char pass[STORE_PASS_ID_SIZE];
    PassRun *run;  /* NULL before it begins, and once undo_leave() was called */
    Report report; /* of the run, once undo_leave() was called */
    Err state_err; /* why it could not be recorded */
    UndoOnDone on_done;
    void *userdata;
};
