/* SPDX-License-Identifier: MIT */
#include "tests/sim/fleet/etcd.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "tests/world/world.h"

void etcd_init(Etcd *etcd)
{
    *etcd = (Etcd){.revision = 1};
}

void etcd_done(Etcd *etcd)
{
    free(etcd->keys);
    free(etcd->leases);
    free(etcd->changes);
}

static void etcd_must(int r)
{
    if (r < 0)
        fail_msg("the test is out of memory");
}

/* ---- keys ---- */

static EtcdKv *etcd_look(const Etcd *etcd, const char *key)
{
    for (size_t i = 0; i < etcd->key_count; i++) {
        if (str_equal(etcd->keys[i].key, key))
            return &etcd->keys[i];
    }
    return NULL;
}

const EtcdKv *etcd_find(const Etcd *etcd, const char *key)
{
    return etcd_look(etcd, key);
}

/* Nobody watches what begins with `~`. */
static void etcd_log(Etcd *etcd, const EtcdKv *kv)
{
    if (kv->key[0] == '~')
        return;
    etcd_must(mem_grow(&etcd->changes, &etcd->change_capacity, etcd->change_count + 1,
                       sizeof(*etcd->changes)));
    etcd->changes[etcd->change_count++] = (EtcdChange){.revision = etcd->revision, .kv = *kv};
}

static void etcd_remove(Etcd *etcd, EtcdKv *kv)
{
    EtcdKv gone = *kv;

    *kv = etcd->keys[--etcd->key_count];
    gone.created = 0;
    gone.edited = etcd->revision;
    etcd_log(etcd, &gone);
}

static void etcd_write(Etcd *etcd, const EtcdDo *write)
{
    EtcdKv *kv = etcd_look(etcd, write->key);

    if (!kv) {
        etcd_must(
            mem_grow(&etcd->keys, &etcd->key_capacity, etcd->key_count + 1, sizeof(*etcd->keys)));
        kv = &etcd->keys[etcd->key_count++];
        *kv = (EtcdKv){.created = etcd->revision};
        str_copy(kv->key, sizeof(kv->key), write->key);
    }
    kv->value = write->value;
    kv->lease = write->lease;
    kv->edited = etcd->revision;
    etcd_log(etcd, kv);
}

/* ---- leases ---- */

EtcdLease *etcd_find_lease(Etcd *etcd, int64_t id)
{
    for (size_t i = 0; i < etcd->lease_count; i++) {
        if (etcd->leases[i].id == id)
            return &etcd->leases[i];
    }
    return NULL;
}

static void etcd_end_lease(Etcd *etcd, EtcdLease *lease)
{
    int64_t id = lease->id;

    *lease = etcd->leases[--etcd->lease_count];
    etcd->revision++;
    for (size_t i = etcd->key_count; i > 0; i--) {
        if (etcd->keys[i - 1].lease == id)
            etcd_remove(etcd, &etcd->keys[i - 1]);
    }
}

void etcd_advance(Etcd *etcd, uint64_t now_usec)
{
    etcd->now_usec = now_usec;
    for (size_t i = etcd->lease_count; i > 0; i--) {
        if (etcd->leases[i - 1].end_usec <= now_usec)
            etcd_end_lease(etcd, &etcd->leases[i - 1]);
    }
}

uint64_t etcd_next_usec(const Etcd *etcd)
{
    uint64_t next_usec = USEC_NEVER;

    for (size_t i = 0; i < etcd->lease_count; i++) {
        if (etcd->leases[i].end_usec < next_usec)
            next_usec = etcd->leases[i].end_usec;
    }
    return next_usec;
}

void etcd_change_leader(Etcd *etcd)
{
    for (size_t i = 0; i < etcd->lease_count; i++)
        etcd->leases[i].end_usec = etcd->now_usec + etcd->leases[i].ttl_usec;
}

static void etcd_grant(Etcd *etcd, const EtcdRequest *request, EtcdAnswer *answer)
{
    EtcdLease *lease;

    etcd_must(mem_grow(&etcd->leases, &etcd->lease_capacity, etcd->lease_count + 1,
                       sizeof(*etcd->leases)));
    lease = &etcd->leases[etcd->lease_count++];
    *lease = (EtcdLease){.id = ++etcd->last_lease,
                         .ttl_usec = request->ttl_usec,
                         .end_usec = etcd->now_usec + request->ttl_usec};
    answer->lease = lease->id;
    answer->ttl_usec = lease->ttl_usec;
}

/* Of a lease that is gone: no time to live. */
static void etcd_keep_alive(Etcd *etcd, const EtcdRequest *request, EtcdAnswer *answer)
{
    EtcdLease *lease = etcd_find_lease(etcd, request->lease);

    answer->lease = request->lease;
    if (!lease)
        return;
    lease->end_usec = etcd->now_usec + lease->ttl_usec;
    answer->ttl_usec = lease->ttl_usec;
}

/* ---- transactions ---- */

static bool etcd_holds(const EtcdCompare *compare, const EtcdKv *kv)
{
    if (compare->is_any)
        return kv != NULL;
    if (compare->edited)
        return kv && kv->edited == compare->edited;
    return (kv ? kv->created : 0) == compare->created;
}

static bool etcd_compares(const Etcd *etcd, const EtcdRequest *request, EtcdAnswer *answer)
{
    bool holds = true;

    for (size_t i = 0; i < request->compare_count; i++) {
        const EtcdKv *kv = etcd_look(etcd, request->compares[i].key);

        if (kv)
            answer->compared[i] = *kv;
        holds = holds && etcd_holds(&request->compares[i], kv);
    }
    return holds;
}

static void etcd_commit(Etcd *etcd, const EtcdRequest *request, EtcdAnswer *answer)
{
    if (!etcd_compares(etcd, request, answer))
        return;
    for (size_t i = 0; i < request->do_count; i++) {
        if (request->dos[i].lease && !etcd_find_lease(etcd, request->dos[i].lease)) {
            answer->is_refused = true;
            return;
        }
    }
    answer->has_succeeded = true;
    etcd->revision += request->do_count > 0;
    for (size_t i = 0; i < request->do_count; i++) {
        EtcdKv *kv = etcd_look(etcd, request->dos[i].key);

        if (!request->dos[i].is_delete)
            etcd_write(etcd, &request->dos[i]);
        else if (kv)
            etcd_remove(etcd, kv);
    }
}

static void etcd_list(const Etcd *etcd, EtcdAnswer *answer)
{
    answer->keys = calloc(etcd->key_count + 1, sizeof(*answer->keys));
    if (!answer->keys)
        fail_msg("the test is out of memory");
    for (size_t i = 0; i < etcd->key_count; i++) {
        if (etcd->keys[i].key[0] != '~')
            answer->keys[answer->key_count++] = etcd->keys[i];
    }
}

void etcd_serve(Etcd *etcd, const EtcdRequest *request, EtcdAnswer *ret_answer)
{
    EtcdLease *lease = etcd_find_lease(etcd, request->lease);
    const EtcdKv *looked = etcd_look(etcd, request->look);

    *ret_answer = (EtcdAnswer){0};
    if (looked)
        ret_answer->looked = *looked;
    switch (request->kind) {
    case ETCD_GRANT:
        etcd_grant(etcd, request, ret_answer);
        break;
    case ETCD_KEEPALIVE:
        etcd_keep_alive(etcd, request, ret_answer);
        break;
    case ETCD_REVOKE:
        if (lease)
            etcd_end_lease(etcd, lease);
        break;
    case ETCD_TXN:
        etcd_commit(etcd, request, ret_answer);
        break;
    case ETCD_SNAPSHOT:
        etcd_list(etcd, ret_answer);
        break;
    }
    ret_answer->revision = etcd->revision;
}

/* ---- writing requests ---- */

void etcd_compare(EtcdRequest *request, const char *key, uint64_t created)
{
    EtcdCompare *compare = &request->compares[request->compare_count++];

    assert(request->compare_count <= ETCD_PARTS_MAX);
    compare->created = created;
    str_copy(compare->key, sizeof(compare->key), key);
}

void etcd_compare_any(EtcdRequest *request, const char *key)
{
    etcd_compare(request, key, 0);
    request->compares[request->compare_count - 1].is_any = true;
}

void etcd_compare_unchanged(EtcdRequest *request, const EtcdKv *kv)
{
    etcd_compare(request, kv->key, kv->created);
    request->compares[request->compare_count - 1].edited = kv->edited;
}

static EtcdDo *etcd_do(EtcdRequest *request, const char *key)
{
    EtcdDo *act = &request->dos[request->do_count++];

    assert(request->do_count <= ETCD_PARTS_MAX);
    str_copy(act->key, sizeof(act->key), key);
    return act;
}

void etcd_put(EtcdRequest *request, const char *key, EtcdValue value, int64_t lease)
{
    EtcdDo *act = etcd_do(request, key);

    act->value = value;
    act->lease = lease;
}

void etcd_delete(EtcdRequest *request, const char *key)
{
    etcd_do(request, key)->is_delete = true;
}
