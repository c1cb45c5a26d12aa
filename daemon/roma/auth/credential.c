/* SPDX-License-Identifier: MIT */
#include "daemon/roma/auth/credential.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/environment.h"
#include "daemon/base/str.h"
#include "daemon/roma/auth/redact.h"

#define TOKEN_HEADER "X-Auth-Token: "
#define SECURITY_TOKEN_HEADER "X-Security-Token: "

Credential *credential_ref(Credential *credential)
{
    assert(credential->references > 0);
    credential->references++;
    return credential;
}

void credential_unref(Credential *credential)
{
    if (!credential)
        return;
    assert(credential->references > 0);
    if (--credential->references > 0)
        return;
    secret_free(credential->token_header);
    secret_free(credential->secret_key);
    secret_free(credential->security_token_header);
    free(credential->access_key);
    free(credential);
}

static Credential *credential_new(void)
{
    Credential *credential = calloc(1, sizeof(*credential));

    if (credential)
        credential->references = 1;
    return credential;
}

static bool credential_is_plain(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] <= ' ' || bytes[i] >= 0x7f)
            return false;
    }
    return size > 0;
}

int credential_check_header(const char *bytes, size_t size, const char *where, Err *err)
{
    if (credential_is_plain(bytes, size))
        return 0;
    return err_set(err, -EINVAL,
                   "%s: holds a space or a character that cannot be part of it, should hold the "
                   "secret alone",
                   where);
}

static Secret *credential_header(const char *name, const char *value, size_t size)
{
    _cleanup_(secret_freep) Secret *header = secret_new(strlen(name) + size);

    if (!header || secret_append(header, name, strlen(name)) < 0 ||
        secret_append(header, value, size) < 0)
        return NULL;
    return TAKE_PTR(header);
}

/* A comma would end an access key in the header that it stands in. */
static int credential_check_keys(const char *access_key, const Secret *token, Err *err)
{
    int r = credential_check_header(access_key, strcspn(access_key, ","), "the access key", err);

    if (r >= 0 && strchr(access_key, ','))
        r = err_set(err, -EINVAL, "the access key: holds a comma, should hold the key alone");
    if (r >= 0 && token)
        r = credential_check_header(secret_bytes(token), secret_size(token), "the security token",
                                    err);
    return r;
}

int credential_new_keys(const char *access_key, Secret *secret_key, const Secret *token,
                        Credential **ret_credential, Err *err)
{
    _cleanup_(credential_unrefp) Credential *credential = credential_new();
    int r = credential_check_keys(access_key, token, err);

    if (r < 0)
        return r;
    if (!credential)
        return err_memory(err);
    credential->access_key = strdup(access_key);
    if (!credential->access_key)
        return err_memory(err);
    if (token) {
        credential->security_token_header =
            credential_header(SECURITY_TOKEN_HEADER, secret_bytes(token), secret_size(token));
        if (!credential->security_token_header)
            return err_memory(err);
        credential->security_token =
            secret_bytes(credential->security_token_header) + strlen(SECURITY_TOKEN_HEADER);
    }
    credential->secret_key = secret_key;
    *ret_credential = TAKE_PTR(credential);
    return 0;
}

int credential_new_token(const char *token, size_t size, const char *where,
                         Credential **ret_credential, Err *err)
{
    _cleanup_(credential_unrefp) Credential *credential = credential_new();
    int r = credential_check_header(token, size, where, err);

    if (r < 0)
        return r;
    if (!credential)
        return err_memory(err);
    credential->token_header = credential_header(TOKEN_HEADER, token, size);
    if (!credential->token_header)
        return err_memory(err);
    *ret_credential = TAKE_PTR(credential);
    return 0;
}

int credential_new_secret(Secret *secret, Credential **ret_credential)
{
    Credential *credential = credential_new();

    if (!credential) {
        secret_free(secret);
        return -ENOMEM;
    }
    credential->secret_key = secret;
    *ret_credential = credential;
    return 0;
}

static int credential_load_token(const Auth *auth, const char *directory,
                                 Credential **ret_credential, Err *err)
{
    _cleanup_(secret_freep) Secret *token = NULL;
    int r = secret_file_read(auth->token_file, "auth.token_file", directory, &token, err);

    return r < 0 ? r
                 : credential_new_token(secret_bytes(token), secret_size(token), auth->token_file,
                                        ret_credential, err);
}

static int credential_load_keys(const Auth *auth, const char *directory,
                                Credential **ret_credential, Err *err)
{
    _cleanup_(secret_freep) Secret *access_key = NULL, *secret_key = NULL, *token = NULL;
    int r = secret_file_read(auth->access_key_file, "auth.access_key_file", directory, &access_key,
                             err);

    if (r >= 0)
        r = secret_file_read(auth->secret_key_file, "auth.secret_key_file", directory, &secret_key,
                             err);
    if (r >= 0 && auth->security_token_file)
        r = secret_file_read(auth->security_token_file, "auth.security_token_file", directory,
                             &token, err);
    if (r >= 0)
        r = credential_new_keys(secret_bytes(access_key), secret_key, token, ret_credential, err);
    if (r >= 0)
        secret_key = NULL;
    return r;
}

static int credential_load_environment(Credential **ret_credential, Err *err)
{
    _cleanup_(secret_freep) Secret *access_key = NULL, *secret_key = NULL, *token = NULL;
    int r = environment_get("HUAWEICLOUD_SDK_AK", &access_key);

    if (r >= 0)
        r = environment_get("HUAWEICLOUD_SDK_SK", &secret_key);
    if (r >= 0)
        r = environment_get("HUAWEICLOUD_SDK_SECURITY_TOKEN", &token);
    if (r < 0)
        return err_memory(err);
    if (!access_key || !secret_key)
        return err_set(err, -ENODATA,
                       "auth.method environment: %s is not set in the environment: set "
                       "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
                       access_key ? "HUAWEICLOUD_SDK_SK" : "HUAWEICLOUD_SDK_AK");
    r = credential_new_keys(secret_bytes(access_key), secret_key, token, ret_credential, err);
    if (r < 0)
        return err_context(err, r, "auth.method environment");
    secret_key = NULL;
    return 0;
}

int credential_load(const Auth *auth, const char *directory, Credential **ret_credential, Err *err)
{
    switch (auth->method) {
    case AUTH_TOKEN:
        return credential_load_token(auth, directory, ret_credential, err);
    case AUTH_AKSK:
        return credential_load_keys(auth, directory, ret_credential, err);
    case AUTH_ENVIRONMENT:
        return credential_load_environment(ret_credential, err);
    case AUTH_PASSWORD:
    case AUTH_AGENCY:
        break;
    }
    return err_set(err, -EINVAL, "a credential of this method is not loaded but asked for");
}

int credential_stamp_file(const char *path, CredentialStamp *ret_stamp)
{
    *ret_stamp = (CredentialStamp){0};
    return secret_file_stamp(path, &ret_stamp->files[0]);
}

void credential_stamp(const Auth *auth, const char *directory, CredentialStamp *ret_stamp)
{
    const char *const files[] = {auth->token_file ? auth->token_file : auth->access_key_file,
                                 auth->secret_key_file, auth->security_token_file};

    *ret_stamp = (CredentialStamp){0};
    for (size_t i = 0; i < ELEMENTS(files); i++) {
        _cleanup_(buf_done) Buf path = {0};

        if (files[i] && secret_file_find(files[i], directory, &path) >= 0)
            secret_file_stamp(path.data, &ret_stamp->files[i]);
    }
}

static bool credential_equal_secret(const Secret *a, const Secret *b)
{
    return a && b ? secret_equal(a, b) : !a && !b;
}

bool credential_equal(const Credential *a, const Credential *b)
{
    bool same_key = a->access_key && b->access_key ? str_equal(a->access_key, b->access_key)
                                                   : !a->access_key && !b->access_key;

    return same_key && credential_equal_secret(a->token_header, b->token_header) &&
           credential_equal_secret(a->secret_key, b->secret_key) &&
           credential_equal_secret(a->security_token_header, b->security_token_header);
}

static void credential_redact_header(Buf *text, const Secret *header, size_t name_size)
{
    if (header)
        redact_text(text, secret_bytes(header) + name_size, secret_size(header) - name_size);
}

void credential_redact(const Credential *credential, Buf *text)
{
    if (!credential)
        return;
    credential_redact_header(text, credential->token_header, strlen(TOKEN_HEADER));
    credential_redact_header(text, credential->security_token_header,
                             strlen(SECURITY_TOKEN_HEADER));
    credential_redact_header(text, credential->secret_key, 0);
}
