/* SPDX-License-Identifier: MIT */
/* A folder for the time of a test. */
#pragma once

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH_SIZE 64

/* Makes a folder of its own below `parent`; whether it could (mkdtemp(3)). */
static inline bool scratch_make(char ret_path[static SCRATCH_SIZE], const char *parent,
                                const char *name)
{
    enum { VARYING = 6 };
    int size = snprintf(ret_path, SCRATCH_SIZE - VARYING, "%s/%s.", parent, name);

    if (size < 0 || size >= SCRATCH_SIZE - VARYING)
        return false;
    memset(ret_path + size, 'X', VARYING);
    ret_path[size + VARYING] = '\0';
    return mkdtemp(ret_path) != NULL;
}

static inline int scratch_remove_entry(const char *path, const struct stat *status, int kind,
                                       struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

/* Removes it with all that is in it. 0, or as nftw(3). */
static inline int scratch_remove(const char *path)
{
    return nftw(path, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
