/* SPDX-License-Identifier: MIT */
/* What `http:` names files for: the token that whoever reads has to know, the certificate and its
 * key. */
#pragma once

#include "config/config.h"
#include "daemon/base/secret_file.h"
#include "daemon/http/server.h"

enum { LISTENER_FILE_TOKEN, LISTENER_FILE_CERT, LISTENER_FILE_KEY, LISTENER_FILE_COUNT };

/* What the files hold. */
typedef struct ListenerFiles {
    FileStamp stamps[LISTENER_FILE_COUNT];
    Secret *token;    /* NULL: there is none */
    Buf certificates; /* empty: there is none */
    Secret *key;
} ListenerFiles;

void listener_files_done(ListenerFiles *files);

/* What the files are like; what is not named is left as it is. 0; -ENOMEM; -ETIMEDOUT, one does
 * not answer. */
int listener_files_stamp(const HttpSettings *settings, const char *directory,
                         FileStamp stamps[static LISTENER_FILE_COUNT]);

/* Reads all that are named. 0; the errors of secret_file_read() and file_read(), told in `err`. */
int listener_files_read(const HttpSettings *settings, const char *directory,
                        ListenerFiles *ret_files, Err *err);

/* For a server; borrowed. */
ServerTls listener_files_tls(const ListenerFiles *files);

/* Reads all that `http:` names, where it is there, as a start or a reload demands. Errors
 * likewise. */
int listener_files_check(const Config *config, Err *err);
