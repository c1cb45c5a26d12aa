/* SPDX-License-Identifier: MIT */
/*
 * The secret files that settings name: where they stand, reading them, whether they have changed.
 * A relative one is looked for in $CREDENTIALS_DIRECTORY, then beside the settings. For what is
 * shown to others than those who may look at this host, all paths that were ever looked for are
 * remembered, and can be taken out of a text.
 */
#pragma once

#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/secret.h"

/* What a file was like: whether it has changed since is known without reading it. To be compared as
 * bytes; zeros for one that cannot be looked at. */
typedef struct FileStamp {
    uint64_t device, inode, size, mtime_sec, mtime_nsec;
} FileStamp;

/* 0, or as aside_stat(), and the stamp is as it was. */
int secret_file_stamp(const char *path, FileStamp *stamp);

/* Appends a secret file's path: below $CREDENTIALS_DIRECTORY where it is there, else below
 * `directory`, the settings' own. 0 or -ENOMEM. */
int secret_file_find(const char *file, const char *directory, Buf *path);

/* Appends the path of a file that is no secret, such as a certificate: a relative one stands beside
 * the settings. 0 or -ENOMEM. */
int secret_file_beside(const char *file, const char *directory, Buf *path);

/* Reads one; `key` is what the settings call it, for messages: "auth.token_file". Errors, with the
 * file and the remedy in `err`: those of aside_read_secret(), -EINVAL for none. The caller frees
 * *ret_secret. */
int secret_file_read(const char *file, const char *key, const char *directory, Secret **ret_secret,
                     Err *err);

/* The same of a private key in PEM. */
int secret_file_read_key(const char *file, const char *key, const char *directory,
                         Secret **ret_secret, Err *err);

/* Puts "(a secret file)" in the place of each path that was looked for, also as JSON and HTML
 * escape it. A failure sticks in `text`. */
void secret_file_redact(Buf *text);
