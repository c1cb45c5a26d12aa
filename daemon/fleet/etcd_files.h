/* SPDX-License-Identifier: MIT */
/* The files that `fleet.etcd` names: where they stand, and the password. */
#pragma once

#include "config/config.h"
#include "daemon/base/err.h"
#include "daemon/fleet/etcd.h"

typedef struct EtcdFiles {
    Buf ca_file, cert_file, key_file; /* paths; empty: none is named */
    Secret *password;                 /* NULL: none is named */
} EtcdFiles;

/* Finds them from the settings' own directory, and reads those that are secrets. 0; errors as
 * secret_file_read() and file_read(), with the key of the settings and the remedy in `err`;
 * -ENOMEM. etcd_files_done() in every case. */
int etcd_files_read(const FleetSettings *settings, const char *directory, EtcdFiles *ret_files,
                    Err *err);
void etcd_files_done(EtcdFiles *files);

/* Names them, and the user, to whoever asks etcd; all is borrowed. */
void etcd_files_set(const EtcdFiles *files, const FleetSettings *settings,
                    EtcdSettings *etcd_settings);
