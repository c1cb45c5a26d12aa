/* SPDX-License-Identifier: MIT */
/*
 * DOC: what authorises a request
 *
 * A Credential is a token, or a pair of keys, with a security token where the keys are temporary.
 * It is immutable and counted: a request under way keeps the one that it was sent with, while a
 * renewal puts another in its place (daemon/roma/provider). credential_load() reads it from secret
 * files or takes it out of the environment; where a service has to issue it, the provider makes it
 * of an answer.
 *
 * A relative secret path is looked up in $CREDENTIALS_DIRECTORY first, then beside the settings
 * file. A file that its group can write, or others can read, is refused. credential_stamp() tells
 * whether the files have changed, without reading them.
 *
 * sign.h signs a request with keys (SDK-HMAC-SHA256, API.md section 5). lockout.h remembers which
 * password IAM refused, because five wrong ones lock the user: it is not sent again until its file
 * changes, nor by a later run.
 *
 * Secrets live in Secret (daemon/base/secret.h): out of core dumps, wiped when freed. Messages
 * tell nothing of them: redact.h takes a credential's secrets out of any text before it is logged
 * or reported.
 */
#pragma once

#include "config/config.h"
#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "daemon/base/secret.h"
#include "daemon/base/secret_file.h"

/* Immutable and shared: a request under way keeps the one it was sent with. Either a token or
 * keys. */
typedef struct Credential {
    unsigned int references;
    Secret *token_header; /* "X-Auth-Token: ...", NULL with keys */
    char *access_key;     /* NULL with a token */
    Secret *secret_key;
    Secret *security_token_header; /* "X-Security-Token: ...", NULL without one */
    const char *security_token;    /* the value in it */
} Credential;

/* Where the secret files of an `auth` stood and what they were like: whether they have changed
 * since is known without reading them. To be compared as bytes. */
typedef struct CredentialStamp {
    FileStamp files[3];
} CredentialStamp;

/* The same of one file that is no secret, such as ca_file. 0, or as aside_stat(). */
int credential_stamp_file(const char *path, CredentialStamp *ret_stamp);

/* Files that cannot be looked at leave zeros. */
void credential_stamp(const Auth *auth, const char *directory, CredentialStamp *ret_stamp);

/* Whether the bytes can stand in a header: plain text without a space, and not nothing. `where`
 * says where they are from. 0 or -EINVAL. */
int credential_check_header(const char *bytes, size_t size, const char *where, Err *err);

/* A credential of a token that came over the wire. 0, -EINVAL, -ENOMEM. */
int credential_new_token(const char *token, size_t size, const char *where,
                         Credential **ret_credential, Err *err);

/* A credential of keys; takes `secret_key` over when it succeeds, copies `token` (may be NULL).
 * Errors likewise. */
int credential_new_keys(const char *access_key, Secret *secret_key, const Secret *token,
                        Credential **ret_credential, Err *err);

/* What authorises nothing by itself, for credential_redact(): takes the secret over. 0, or -ENOMEM
 * with the secret wiped and freed. */
int credential_new_secret(Secret *secret, Credential **ret_credential);

/*
 * Reads what `auth` names, of the methods token, aksk and environment. A relative file is looked
 * for in $CREDENTIALS_DIRECTORY, then in `directory`. Errors, with the file and the remedy in
 * `err`: those of file_read_secret(); -EINVAL for what cannot stand in a header; -ENODATA for an
 * environment without the keys. The caller unrefs *ret_credential.
 */
int credential_load(const Auth *auth, const char *directory, Credential **ret_credential, Err *err);

Credential *credential_ref(Credential *credential);

/* Wipes and frees the last one; NULL is fine. */
void credential_unref(Credential *credential);
DEFINE_CLEANUP(Credential, credential_unref)

/* Whether both authorise with the same. */
bool credential_equal(const Credential *a, const Credential *b);

/* Puts "***" wherever the text holds a secret of it, whole or cut short. The access key may show.
 * NULL is fine. */
void credential_redact(const Credential *credential, Buf *text);
