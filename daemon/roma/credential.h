/* What an instance's requests are authorised with, and where it is read from (PRODUCT.md section
 * 2). No message of these functions tells anything of a secret. */
#pragma once

#include "config/config.h"
#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "daemon/base/secret.h"

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

/*
 * Reads what `auth` names. A relative file is looked for in $CREDENTIALS_DIRECTORY, then in
 * `directory`. Errors, with the file and the remedy in `err`: those of file_read_secret(); -EINVAL
 * for what cannot stand in a header; -ENODATA for an environment without the keys; -EOPNOTSUPP for
 * a method that is not supported. The caller unrefs *ret_credential.
 */
int credential_load(const Auth *auth, const char *directory, Credential **ret_credential, Err *err);

Credential *credential_ref(Credential *credential);

/* Wipes and frees the last one; NULL is fine. */
void credential_unref(Credential *credential);
DEFINE_CLEANUP(Credential, credential_unref)

/* Whether both authorise with the same. */
bool credential_equal(const Credential *a, const Credential *b);

/* Puts "***" wherever the text holds a secret of it, whole or cut short. The access key may show.
 */
void credential_scrub(const Credential *credential, Buf *text);
