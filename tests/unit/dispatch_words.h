/* SPDX-License-Identifier: MIT */
/* The requests of an instance in words. */
#pragma once

#include "daemon/base/buf.h"
#include "reconcile/request/dispatch.h"

/* Of two calls: one that reads, and one that deletes. */
void dispatch_words_put(const Dispatch *dispatch, const Call *calls, Buf *buf);
