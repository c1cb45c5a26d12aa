/* SPDX-License-Identifier: MIT */
/* The value of approvals/DIGEST. */
#pragma once

#include "daemon/base/buf.h"
#include "daemon/store/mirror.h"

/* Who gave an approval, beside what the state keeps of it. */
typedef struct ApprovalValue {
    StoreSharedApproval approval;
    uint64_t until_usec; /* realtime: it lapses then, but for time in which windows are closed */
    uid_t uid;
    const char *host;
} ApprovalValue;

/* Appends one. 0 or -ENOMEM. */
int approval_value_append(const ApprovalValue *value, Buf *json);

/* Reads the one of that digest. `host` goes into the arena. Errors as pause_value_read(). */
int approval_value_read(const char *digest, const char *json, size_t size, Arena *arena,
                        ApprovalValue *ret_value, Err *err);
