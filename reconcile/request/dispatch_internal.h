/* SPDX-License-Identifier: MIT */
/* What the files of dispatch share: dispatch.c keeps the calls, dispatch_renewal.c those whose
 * credential was refused, dispatch_send.c sends them and takes their answers. Each knows those
 * named before it. */
#pragma once

#include "reconcile/request/dispatch.h"

uint64_t dispatch_now(const Dispatch *dispatch);
void dispatch_tell(const Dispatch *dispatch, EventKind kind, const Call *call, uint64_t wait_usec,
                   const Err *err);

/* Whether it still sends such a call. */
bool dispatch_sends(const Dispatch *dispatch, const Call *call);

/* The call may be sent now, unless it is a change and changes are held. */
void dispatch_make_ready(Dispatch *dispatch, Call *call);

/* The service refused its credential: it waits for a new one, or fails with the second refusal. */
void dispatch_refuse(Dispatch *dispatch, Call *call, const Err *err);

/* There is no credential to send it with. A new one that is no good either must not be the
 * beginning of a chain of renewals. */
void dispatch_withhold(Dispatch *dispatch, Call *call);
