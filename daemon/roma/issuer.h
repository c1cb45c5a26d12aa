/*
 * Where a credential comes from when getting it takes requests of its own: IAM for a password
 * (login.h), the metadata service for the host's agency (agency.h).
 */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/base/refusal.h"
#include "daemon/http/http.h"
#include "daemon/roma/credential.h"

typedef struct Issuer Issuer;

/* What came of it: a credential, which the callee owns, and how long it is good for (0: not known);
 * or NULL and why. */
typedef void (*IssuerOnEnd)(void *userdata, Credential *credential, uint64_t lifetime_usec,
                            const Err *err);

/* Told when it waits before its next attempt; `attempts` are those made. */
typedef void (*IssuerOnWait)(void *userdata, uint64_t wait_usec, uint32_t attempts, const Err *err);

/* Where an issuer lives. Everything is borrowed and outlives it. */
typedef struct IssuerPlace {
    sd_event *event;
    Http *http;
    const Config *config;
    const Instance *instance;
    IssuerOnEnd on_end;
    IssuerOnWait on_wait;
    void *userdata; /* of both */
    const RefusalMemory *memory;
} IssuerPlace;

/* What each of them does. */
typedef struct IssuerKind {
    int (*begin)(Issuer *issuer, Err *err);
    void (*cancel)(Issuer *issuer);
    uint64_t (*due_usec)(const Issuer *issuer);
    void (*take_over)(Issuer *issuer, Issuer *old);
    void (*free)(Issuer *issuer);
} IssuerKind;

/* The first part of each of them. */
struct Issuer {
    const IssuerKind *kind;
    IssuerPlace place;
};

/* An ExchangeOnWait; `userdata` is the issuer. */
void issuer_on_wait(void *userdata, uint64_t wait_usec, uint32_t attempts, const Err *err);

/* Whether the method needs one. */
bool issuer_is_needed(AuthMethod method);

/* Makes the one that the instance's method needs. Errors as login_new(). */
int issuer_new(const IssuerPlace *place, Issuer **ret_issuer, Err *err);

/* A request under way ends without its callback. NULL is fine. */
void issuer_free(Issuer *issuer);
DEFINE_CLEANUP(Issuer, issuer_free)

/* Begins to get a credential, while none is on its way: on_end follows from the event loop. A
 * negative error with `err`: it does not, and nothing was sent. */
int issuer_begin(Issuer *issuer, Err *err);
void issuer_cancel(Issuer *issuer);

/* Until when (monotonic) the step under way may take. */
uint64_t issuer_due_usec(const Issuer *issuer);

/* What the issuer before a reload has learnt, when it asked the same for the same. */
void issuer_take_over(Issuer *issuer, Issuer *old);

/* The credential was got with the same settings. */
bool issuer_is_same(const Issuer *a, const Issuer *b);
