/* SPDX-License-Identifier: MIT */
/*
 * What a load looked at: the settings file, the roster files, the directories that were listed for
 * them. Looking again and comparing tells whether the files still are what was read, on every file
 * system, without reading any of them.
 */
#pragma once

#include <sys/stat.h>

#include "config/build.h"
#include "daemon/base/clock.h"

/* How long files must have been still before they are read. */
#define SOURCES_STILL_USEC (500 * USEC_PER_MSEC)

/* How long a file must not have been written when it is read, for whatever is written to it later
 * to have another time: file systems count time in steps of up to 2 s. */
#define SOURCES_OLD_USEC (3 * USEC_PER_SEC)

/* How long files may keep changing before a person is told. */
#define SOURCES_BUSY_USEC (30 * USEC_PER_SEC)

/* A file as stat(2) has it, its links followed. Times are nanoseconds of the wall clock. */
typedef struct SourceStamp {
    const char *path; /* the arena's */
    int error;        /* why it cannot be looked at; 0: it can */
    dev_t device;
    ino_t inode;
    off_t size;
    int64_t written_nsec; /* mtime */
    int64_t changed_nsec; /* ctime */
} SourceStamp;

/* A directory of which names were read. */
typedef struct SourceListing {
    const char *path;    /* "." for the working directory; the arena's */
    const char *pattern; /* that names had to fit; NULL: *.yaml and *.yml */
    int64_t changed_nsec;
} SourceListing;

typedef struct Sources {
    Arena arena;
    const char *settings;  /* the path of the settings file; NULL: nothing was looked at */
    RosterEntries entries; /* that the settings had; none where they could not be read */
    SourceStamp *stamps;   /* the settings first, then in the order in which they were met */
    size_t stamp_count, stamp_capacity;
    SourceListing *listings;
    size_t listing_count, listing_capacity;
    const char *unread; /* the first file that could not be read at all; NULL: all could */
    const char **zones; /* paths of the zone files that were looked for */
    size_t zone_count, zone_capacity;
} Sources;

void sources_done(Sources *sources);

/* Each: 0 or -ENOMEM. What they are given is copied. `error` is a positive errno. */
int sources_add(Sources *sources, const char *path, const struct stat *status);
int sources_add_missing(Sources *sources, const char *path, int error);
int sources_add_listing(Sources *sources, const char *directory, const char *pattern);
int sources_add_zone(Sources *sources, const char *path);
int sources_begin(Sources *sources, const char *settings);
int sources_note_unread(Sources *sources, const char *path);
int sources_keep_entries(Sources *sources, const RosterEntries *entries);

/* The names alone, of which another look can be made. 0 or -ENOMEM; `ret_names` must be empty. */
int sources_copy_names(const Sources *sources, Sources *ret_names);

/* Looks at the same settings file, and at the files that the same entries name now. 0, or -ENOMEM;
 * `ret_now` must be empty, and sources_done() frees it in every case. */
int sources_look(const Sources *before, Sources *ret_now);

/* Whether two looks saw the same; else *ret_path (may be NULL) is the first that differs, borrowed
 * from either. */
bool sources_equal(const Sources *a, const Sources *b, const char **ret_path);

/* Whether something in it was written, or put there, within the last SOURCES_STILL_USEC before
 * `realtime_usec`, or after it, as when the clock was set back: then it may be half of it. */
bool sources_are_young(const Sources *sources, uint64_t realtime_usec);

/* Whether two are the same file, written and changed at the same times. */
bool sources_is_same(const struct stat *a, const struct stat *b);

/* Whether a file that is read at `realtime_usec` was neither written nor changed for
 * SOURCES_OLD_USEC before, nor after it. */
bool sources_is_old(const struct stat *status, uint64_t realtime_usec);

/* Whether a name in a directory that was listed with this pattern can be a roster, or lead to one.
 */
bool sources_name_fits(const char *pattern, const char *name);
