/* SPDX-License-Identifier: MIT */
/* Whom an instance's connections trust: its ca_file, and what a replaced one means for connections
 * that are kept. */
#pragma once

#include "config/config.h"
#include "daemon/base/buf.h"
#include "daemon/http/client.h"
#include "daemon/roma/auth/credential.h"

/* Starts as {0}. */
typedef struct Authorities {
    Buf path;              /* "" without a ca_file */
    CredentialStamp stamp; /* of the file as connections were made with it */
} Authorities;

/* A relative ca_file stands below `directory`, the settings' own. 0 or -ENOMEM; authorities_done()
 * in every case. */
int authorities_init(Authorities *authorities, const Instance *instance, const char *directory);
void authorities_done(Authorities *authorities);

/* For HttpRequest.ca_file; borrowed. */
const char *authorities_path(const Authorities *authorities);

/* Where the file has changed, connections that the one before vouched for serve no further request.
 */
void authorities_refresh(Authorities *authorities, Http *http);
