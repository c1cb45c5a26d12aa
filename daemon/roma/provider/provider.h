/* SPDX-License-Identifier: MIT */
/*
 * DOC: getting and renewing credentials
 *
 * Some credentials are read from files, others have to be asked for: a token of IAM for a password
 * (provider_iam.h), temporary keys of the host's agency from the metadata service
 * (provider_metadata.h). A Provider is such a source: provider_begin() asks, on_end follows once
 * with a credential or an error. Its requests are sent again by the same policy as those of a pass
 * (retrying_request.h), and on_wait tells the log while it waits. route.h says how they travel, and
 * those of a pass as well: whom they trust, through which proxy they go.
 *
 * A CredentialCache (credential_cache.h) is what the client uses: it holds an instance's
 * credential, whichever way it is got, and gives it out for each request. It renews it before it
 * expires, when its files change, or when the service refuses it; however many requests ask, one
 * renewal is under way at a time. provider_iam.c and security_key.h read the two answers without
 * leaving copies of secrets on the heap.
 *
 * After a reload the new cache takes over what the old one was issued and has learnt, where it is
 * of the same instance and settings. A password that IAM refused is not sent again
 * (auth/lockout.h).
 *
 * Everything that a provider is given is borrowed and outlives it; the credential that on_end
 * brings belongs to whoever takes it.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/base/lockout_store.h"
#include "daemon/http/client.h"
#include "daemon/roma/auth/credential.h"
#include "daemon/roma/provider/route.h"

typedef struct Provider Provider;

/* What came of it: a credential, which the callee owns, and how long it is good for (0: not known);
 * or NULL and why. */
typedef void (*ProviderOnEnd)(void *userdata, Credential *credential, uint64_t lifetime_usec,
                              const Err *err);

/* Told when it waits before its next attempt; `attempts` are those made. */
typedef void (*ProviderOnWait)(void *userdata, uint64_t wait_usec, uint32_t attempts,
                               const Err *err);

/* Where a provider lives. Everything is borrowed and outlives it. */
typedef struct ProviderContext {
    sd_event *event;
    Http *http;
    const Config *config;
    const Instance *instance;
    ProviderOnEnd on_end;
    ProviderOnWait on_wait;
    void *userdata; /* of both */
    const LockoutStore *lockout_store;
    const Route *route; /* to IAM */
} ProviderContext;

/* What each of them does. */
typedef struct ProviderKind {
    int (*begin)(Provider *provider, Err *err);
    void (*cancel)(Provider *provider);
    uint64_t (*due_usec)(const Provider *provider);
    void (*take_over)(Provider *provider, Provider *old);
    void (*free)(Provider *provider);
} ProviderKind;

/* The first part of each of them. */
struct Provider {
    const ProviderKind *kind;
    ProviderContext context;
};

/* A RetryingRequestOnWait; `userdata` is the provider. */
void provider_on_wait(void *userdata, uint64_t wait_usec, uint32_t attempts, const Err *err);

/* Whether the method needs one. */
bool provider_is_needed(AuthMethod method);

/* Makes the one that the instance's method needs. Errors as provider_iam_new(). */
int provider_new(const ProviderContext *context, Provider **ret_provider, Err *err);

/* A request under way ends without its callback. NULL is fine. */
void provider_free(Provider *provider);
DEFINE_CLEANUP(Provider, provider_free)

/* Begins to get a credential, while none is on its way: on_end follows from the event loop. A
 * negative error with `err`: it does not, and nothing was sent. */
int provider_begin(Provider *provider, Err *err);
void provider_cancel(Provider *provider);

/* Until when (monotonic) the step under way may take. */
uint64_t provider_due_usec(const Provider *provider);

/* What the provider before a reload has learnt, when it asked the same for the same. */
void provider_take_over(Provider *provider, Provider *old);

/* The credential was got with the same settings. */
bool provider_is_same(const Provider *a, const Provider *b);
