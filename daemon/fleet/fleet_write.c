/* SPDX-License-Identifier: MIT */
/* What any host writes for all: pauses, approvals, undos. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"

struct FleetWriting {
    Fleet *fleet;
    FleetWriting *previous, *next;
    FleetOnWritten callback;
    void *userdata;
    EtcdCall *call;
    Arena arena; /* holds the puts */
    FleetPut *puts;
    size_t put_count;
};

static void writing_free(FleetWriting *writing)
{
    if (writing->call)
        etcd_cancel(writing->call);
    if (writing->previous)
        writing->previous->next = writing->next;
    else
        writing->fleet->writings = writing->next;
    if (writing->next)
        writing->next->previous = writing->previous;
    arena_done(&writing->arena);
    free(writing);
}

void fleet_cancel_write(FleetWriting *writing)
{
    writing_free(writing);
}

void fleet_write_forget(Fleet *fleet)
{
    while (fleet->writings)
        writing_free(fleet->writings);
}

static void writing_end(FleetWriting *writing, FleetWritten result, uint64_t revision,
                        const char *message)
{
    FleetOnWritten callback = writing->callback;
    void *userdata = writing->userdata;

    writing_free(writing);
    callback(userdata, result, revision, message);
}

/* Whether all stands there as it was to be written: an earlier try did it, whose answer was lost.
 */
static bool writing_is_done(const FleetWriting *writing, const EtcdTxnAnswer *txn)
{
    for (size_t i = 0; i < writing->put_count; i++) {
        const char *json = writing->puts[i].json;
        const EtcdFound *found = i < txn->found_count ? &txn->found[i] : NULL;

        if (!found || (found->count > 0) != (json != NULL) ||
            (json && !str_equal(found->keys[0].value, json)))
            return false;
    }
    return true;
}

static void writing_on_answer(void *userdata, const EtcdAnswer *answer)
{
    FleetWriting *writing = userdata;
    Arena arena = {0};
    EtcdTxnAnswer txn;
    Err err = {0};

    writing->call = NULL;
    if (answer->result != ETCD_ANSWERED)
        writing_end(writing, FLEET_FAILED, 0, answer->message);
    else if (etcd_read_txn(answer->root, &arena, &txn, &err) < 0)
        writing_end(writing, FLEET_FAILED, 0, err.text);
    else if (txn.succeeded || writing_is_done(writing, &txn))
        writing_end(writing, FLEET_WRITTEN, txn.revision, "");
    else
        writing_end(writing, FLEET_DIFFERS, txn.revision,
                    "somebody has changed it in etcd meanwhile");
    arena_done(&arena);
}

static void writing_compare(const Fleet *fleet, const FleetIf *ifs, size_t count, EtcdTxn *txn,
                            Buf *key)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = fleet_key(fleet, ifs[i].name, key);

        if (ifs[i].changed == 0)
            etcd_txn_compare_created(txn, name, 0);
        else
            etcd_txn_compare_unchanged(txn, name, ifs[i].changed);
    }
}

static void writing_put(const Fleet *fleet, const FleetPut *puts, size_t count, EtcdTxn *txn,
                        Buf *key)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = fleet_key(fleet, puts[i].name, key);

        if (puts[i].json)
            etcd_txn_put(txn, name, puts[i].json, strlen(puts[i].json), 0);
        else
            etcd_txn_delete(txn, name);
    }
}

static void writing_look(const FleetWriting *writing, EtcdTxn *txn, Buf *key)
{
    for (size_t i = 0; i < writing->put_count; i++)
        etcd_txn_range(txn, fleet_key(writing->fleet, writing->puts[i].name, key));
}

static int writing_copy(FleetWriting *writing, const FleetPut *puts, size_t count)
{
    writing->puts = arena_alloc(&writing->arena, (count + 1) * sizeof(*puts));
    if (!writing->puts)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        FleetPut *put = &writing->puts[writing->put_count++];

        put->name = arena_string(&writing->arena, puts[i].name);
        put->json = puts[i].json ? arena_string(&writing->arena, puts[i].json) : NULL;
        if (!put->name || (puts[i].json && !put->json))
            return -ENOMEM;
    }
    return 0;
}

static int writing_begin(FleetWriting *writing, FleetInstance *instance, const FleetIf *ifs,
                         size_t if_count, uint64_t timeout_usec)
{
    _cleanup_(buf_done) Buf body = {0}, key = {0};
    EtcdTxn txn;

    etcd_txn_begin(&txn, &body);
    if (instance)
        fleet_owner_compare(instance, instance->ownership.token, &txn);
    writing_compare(writing->fleet, ifs, if_count, &txn, &key);
    etcd_txn_then(&txn);
    writing_put(writing->fleet, writing->puts, writing->put_count, &txn, &key);
    etcd_txn_else(&txn);
    writing_look(writing, &txn, &key);
    buf_fail_with(&body, &key);
    return fleet_ask(writing->fleet, &txn, &body, timeout_usec, writing_on_answer, writing,
                     &writing->call);
}

int fleet_write(Fleet *fleet, const char *key, const FleetIf *ifs, size_t if_count,
                const FleetPut *puts, size_t put_count, uint64_t timeout_usec,
                FleetOnWritten callback, void *userdata, FleetWriting **ret_writing)
{
    FleetInstance *instance = key ? fleet_find(fleet, key) : NULL;
    FleetWriting *writing;
    int r;

    if (key && (!instance || !instance->is_owned))
        return -EPERM;
    writing = calloc(1, sizeof(*writing));
    if (!writing)
        return -ENOMEM;
    writing->fleet = fleet;
    writing->callback = callback;
    writing->userdata = userdata;
    writing->next = fleet->writings;
    if (writing->next)
        writing->next->previous = writing;
    fleet->writings = writing;
    r = writing_copy(writing, puts, put_count);
    if (r == 0)
        r = writing_begin(writing, instance, ifs, if_count, timeout_usec);
    if (r < 0) {
        writing_free(writing);
        return r;
    }
    if (ret_writing)
        *ret_writing = writing;
    return 0;
}
