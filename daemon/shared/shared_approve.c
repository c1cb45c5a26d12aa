/* SPDX-License-Identifier: MIT */
/* Approvals: given in etcd, where the intent that goes by one spends it. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "daemon/shared/approval_value.h"
#include "daemon/shared/shared_internal.h"

int shared_approve(Shared *shared, const char *digest, bool opens_window, uid_t uid,
                   uint64_t realtime_usec, SharedOnOutcome callback, void *userdata,
                   SharedAsking **ret_asking, Err *err)
{
    ApprovalValue value = {.approval = {.given_usec = realtime_usec, .opens_window = opens_window},
                           .until_usec = realtime_usec + STORE_APPROVAL_USEC,
                           .uid = uid,
                           .host = shared->host};
    const StoreScope all = {0};
    _cleanup_(buf_done) Buf json = {0};
    char name[KEYS_NAME_SIZE];
    FleetPut put = {.name = name};
    SharedAsking *asking = NULL;
    int r;

    if (!digest_is_hex(digest, DIGEST_WHOLE))
        return err_set(err, -EINVAL, "\"%.80s\" is no digest, which has 64 digits of 0-9 and a-f",
                       digest);
    keys_format(KEYS_APPROVALS, digest, name);
    if (approval_value_append(&value, &json) < 0)
        return err_memory(err);
    put.json = buf_text(&json);
    r = shared_check(shared, err);
    if (r < 0)
        return r;
    r = shared_ask(shared, &all, callback, userdata, &asking, err);
    if (r < 0)
        return r;
    r = shared_ask_write(asking, NULL, 0, &put, 1, err);
    if (r < 0)
        shared_cancel(asking);
    else
        *ret_asking = asking;
    return r;
}
