/* SPDX-License-Identifier: MIT */
/*
 * Keeps one instance's credential: reads it from files or the environment, or has it issued
 * (provider.h); gets a new one when the service refuses it, when its files change, or before it
 * expires. However many ask, one renewal at a time is under way.
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/http/client.h"
#include "daemon/roma/auth/credential.h"
#include "daemon/roma/provider/provider.h"
#include "reconcile/ops.h"

typedef struct CredentialCache CredentialCache;

/* `err` tells why with RENEWAL_FAILED, else it is empty. */
typedef void (*CredentialCacheOnRenewed)(void *userdata, Renewal renewal, const Err *err);

/* What the callbacks are, and where refused passwords are kept. on_wait tells that getting a
 * credential waits before its next attempt. */
typedef struct CredentialCacheTold {
    CredentialCacheOnRenewed on_renewed;
    ProviderOnWait on_wait;
    void *userdata;
    const LockoutStore *lockout_store; /* borrowed */
    const Route *route;                /* likewise: of what is asked of IAM */
} CredentialCacheTold;

/* Everything is borrowed and outlives the cache. Errors as credential_load() or
 * provider_new(), or sd-event's. What has to be issued is not asked for yet. */
int credential_cache_new(sd_event *event, Http *http, const Config *config,
                         const Instance *instance, const CredentialCacheTold *told,
                         CredentialCache **ret_cache, Err *err);

/* A renewal under way ends without its callback. NULL is fine. */
void credential_cache_free(CredentialCache *credential_cache);
DEFINE_CLEANUP(CredentialCache, credential_cache_free)

/* What requests are to be sent with now, borrowed; NULL: nothing, credential_cache_renew() first.
 * One that expires before long is renewed meanwhile, without a callback. */
Credential *credential_cache_get(CredentialCache *credential_cache);

/* The service has refused this one: a renewal that came in between is not followed by another. */
void credential_cache_note_refused(CredentialCache *credential_cache, Credential *credential);

/* Files that have changed are read again. What is wrong with them is no error as long as the
 * service takes what was read before. To be called before each pass. */
void credential_cache_refresh(CredentialCache *credential_cache);

/* Begins a renewal, or waits for the one under way; the callback follows from the event loop, never
 * from within. -EALREADY when a callback is to follow already: it serves both. */
int credential_cache_renew(CredentialCache *credential_cache);

/* Until when (monotonic) the step of a renewal under way may take. */
uint64_t credential_cache_due_usec(const CredentialCache *credential_cache);

/* When (monotonic) the credential expires; USEC_NEVER: not known, or there is none. */
uint64_t credential_cache_expires_usec(const CredentialCache *credential_cache);

/* How often no credential could be had that the service may take: getting one failed, or brought
 * what the service had refused. Goes on over credential_cache_take_over(). */
uint64_t credential_cache_failure_count(const CredentialCache *credential_cache);

/* Ends a renewal under way without its callback. NULL is fine. */
void credential_cache_cancel(CredentialCache *credential_cache);

/* Takes over what the cache of the same instance before a reload was issued and has
 * learnt. */
void credential_cache_take_over(CredentialCache *credential_cache, CredentialCache *old);
