/* SPDX-License-Identifier: MIT */
/* Reading what etcd answers (etcd_txn.h). */
#include <errno.h>
#include <string.h>

#include "daemon/base/base64.h"
#include "daemon/base/str.h"
#include "daemon/fleet/etcd_txn.h"

int etcd_read_number(const Json *value, uint64_t *ret_number)
{
    int64_t number = 0;

    *ret_number = 0;
    if (!value)
        return 0;
    if (json_is_string(value))
        return str_parse_uint(json_as_text(value), UINT64_MAX, ret_number) < 0 ? -EPROTO : 0;
    if (json_get_integer(value, 0, INT64_MAX, &number) < 0)
        return -EPROTO;
    *ret_number = (uint64_t)number;
    return 0;
}

static int read_field(const Json *object, const char *name, uint64_t *ret_number, Err *err)
{
    if (etcd_read_number(json_find(object, name), ret_number) < 0)
        return err_set(err, -EPROTO, "etcd answered %s: should be a whole number, is %s", name,
                       json_type_name(json_find(object, name)));
    return 0;
}

static int read_lease_id(const Json *object, const char *name, int64_t *ret_lease, Err *err)
{
    uint64_t number;
    int r = read_field(object, name, &number, err);

    if (r == 0 && number > INT64_MAX)
        r = err_set(err, -EPROTO, "etcd answered %s: out of range", name);
    *ret_lease = r == 0 ? (int64_t)number : 0;
    return r;
}

/* The bytes of a field, followed by a NUL. */
static int read_bytes(const Json *object, const char *name, Arena *arena, const char **ret_bytes,
                      size_t *ret_size, Err *err)
{
    const Json *value = json_find(object, name);
    _cleanup_(buf_done) Buf bytes = {0};

    if (value && !json_is_string(value))
        return err_set(err, -EPROTO, "etcd answered %s: should be a string, is %s", name,
                       json_type_name(value));
    if (!base64_decode(&bytes, json_as_text(value)))
        return buf_failed(&bytes) < 0
                   ? err_memory(err)
                   : err_set(err, -EPROTO, "etcd answered %s: is no base64", name);
    *ret_bytes = arena_copy(arena, buf_text(&bytes), bytes.size);
    *ret_size = bytes.size;
    return *ret_bytes ? 0 : err_memory(err);
}

int etcd_read_key(const Json *kv, Arena *arena, EtcdKey *ret_key, Err *err)
{
    size_t key_size;
    int r;

    *ret_key = (EtcdKey){.key = "", .value = ""};
    if (!json_is_object(kv))
        return err_set(err, -EPROTO, "etcd answered a key: should be an object, is %s",
                       json_type_name(kv));
    r = read_bytes(kv, "key", arena, &ret_key->key, &key_size, err);
    if (r == 0 && strlen(ret_key->key) != key_size)
        r = err_set(err, -EPROTO, "etcd answered a key with a NUL in it");
    if (r == 0)
        r = read_bytes(kv, "value", arena, &ret_key->value, &ret_key->value_size, err);
    if (r == 0)
        r = read_field(kv, "create_revision", &ret_key->created, err);
    if (r == 0)
        r = read_field(kv, "mod_revision", &ret_key->changed, err);
    return r < 0 ? r : read_lease_id(kv, "lease", &ret_key->lease, err);
}

/* What a range found; nothing where there is no such answer. */
static int read_found(const Json *range, Arena *arena, EtcdFound *ret_found, Err *err)
{
    const Json *list = json_find(range, "kvs");
    size_t count = json_length(list);
    EtcdKey *keys;

    *ret_found = (EtcdFound){0};
    if (list && !json_is_array(list))
        return err_set(err, -EPROTO, "etcd answered kvs: should be a list, is %s",
                       json_type_name(list));
    if (count == 0)
        return 0;
    keys = arena_alloc(arena, count * sizeof(*keys));
    if (!keys)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        int r = etcd_read_key(json_at(list, i), arena, &keys[i], err);

        if (r < 0)
            return r;
    }
    *ret_found = (EtcdFound){
        .keys = keys, .count = count, .has_more = json_is_true(json_find(range, "more"))};
    return 0;
}

static int read_revision(const Json *root, uint64_t *ret_revision, Err *err)
{
    int r = read_field(json_find(root, "header"), "revision", ret_revision, err);

    return r == 0 && *ret_revision == 0
               ? err_set(err, -EPROTO, "etcd answered no revision: is it etcd 3.4 or newer?")
               : r;
}

int etcd_read_range(const Json *root, Arena *arena, EtcdFound *ret_found, uint64_t *ret_revision,
                    Err *err)
{
    int r = read_found(root, arena, ret_found, err);

    return r < 0 ? r : read_revision(root, ret_revision, err);
}

int etcd_read_txn(const Json *root, Arena *arena, EtcdTxnAnswer *ret_answer, Err *err)
{
    const Json *responses = json_find(root, "responses");
    const Json *succeeded = json_find(root, "succeeded");
    size_t count = json_length(responses);
    EtcdFound *found;
    int r;

    *ret_answer = (EtcdTxnAnswer){.succeeded = json_is_true(succeeded)};
    if (succeeded && !json_is_true(succeeded) && !json_is_false(succeeded))
        return err_set(err, -EPROTO, "etcd answered succeeded: should be true or false, is %s",
                       json_type_name(succeeded));
    r = read_revision(root, &ret_answer->revision, err);
    if (r < 0 || count == 0)
        return r;
    found = arena_alloc(arena, count * sizeof(*found));
    if (!found)
        return err_memory(err);
    for (size_t i = 0; i < count; i++) {
        r = read_found(json_find(json_at(responses, i), "response_range"), arena, &found[i], err);
        if (r < 0)
            return r;
    }
    ret_answer->found = found;
    ret_answer->found_count = count;
    return 0;
}

int etcd_read_grant(const Json *root, int64_t *ret_lease, uint64_t *ret_ttl_sec, Err *err)
{
    int r = read_lease_id(root, "ID", ret_lease, err);

    if (r == 0)
        r = read_field(root, "TTL", ret_ttl_sec, err);
    if (r == 0 && *ret_lease == 0)
        r = err_set(err, -EPROTO, "etcd granted a lease without an ID");
    return r;
}

int etcd_read_keepalive(const Json *root, int64_t lease, uint64_t *ret_ttl_sec,
                        uint64_t *ret_revision, Err *err)
{
    const Json *result = json_find(root, "result");
    int64_t id;
    int r;

    *ret_ttl_sec = 0;
    if (!json_is_object(result))
        return err_set(err, -EPROTO, "etcd answered a renewal without a result: %.200s",
                       json_as_text(root));
    r = read_lease_id(result, "ID", &id, err);
    if (r == 0 && id != lease)
        r = err_set(err, -EPROTO, "etcd renewed another lease than was asked for");
    if (r == 0)
        r = read_field(result, "TTL", ret_ttl_sec, err);
    return r < 0 ? r : read_field(json_find(result, "header"), "revision", ret_revision, err);
}
