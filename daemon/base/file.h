/* SPDX-License-Identifier: MIT */
/* Whole files. */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/secret.h"

/*
 * Puts /dev/null where standard input, output or error is closed, so that no file or connection
 * gets their number and what is printed. Writing to such an output fails; errors written to such a
 * standard error are lost. 0 or negative errno. To be called first of all.
 */
int file_open_standard(void);

/* Closes a descriptor at the end of its scope; -1 is fine. */
void file_closep(int *fd);

/*
 * Appends a regular file's bytes to `buf`. Errors, with the path in `err`: the open(2) errors,
 * -EISDIR, -EINVAL for what is no regular file, -EFBIG above size_max bytes, -ENOMEM.
 */
int file_read(const char *path, size_t size_max, Buf *buf, Err *err);

/* The same, and what fstat(2) said before; `ret_status` is that of the very file whose bytes these
 * are. */
int file_read_looked(const char *path, size_t size_max, Buf *buf, struct stat *ret_status,
                     Err *err);

/* Opens a regular file for nothing but what fstat(2) says of it: a file system that keeps such
 * things asks its server then. 0, or the errors of opening. */
int file_look(const char *path, struct stat *ret_status);

/* Writes all of the bytes. 0, or the errors of write(2). */
int file_write(int fd, const char *bytes, size_t size);

/*
 * Has `write` put a content in the place of what is at the path, or at none: whoever reads it finds
 * all of the one or all of the other. An existing file keeps its mode. `write` returns 0, or a
 * negative errno, told in `err` where that of the system says too little. Errors, with the path in
 * `err`: its own, those of open(2), fsync(2) and rename(2), -EINVAL for what is no regular file,
 * -ENOMEM; then what was there is still there.
 */
typedef int (*FileWrite)(void *userdata, int fd, Err *err);

int file_replace(const char *path, FileWrite write, void *userdata, Err *err);

/*
 * Reads a secret file: a regular file that its group cannot write and others
 * can neither read nor write or run (mode & 0027 is 0); one trailing newline is dropped. Errors,
 * with the path and the remedy in `err`: -EPERM when it is open to others, -ENODATA when empty,
 * -EINVAL for control characters, else as file_read(). The caller frees *ret_secret.
 */
int file_read_secret(const char *path, Secret **ret_secret, Err *err);

/* The same of a private key in PEM, which has lines. */
int file_read_key(const char *path, Secret **ret_key, Err *err);
