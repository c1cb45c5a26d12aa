/* SPDX-License-Identifier: MIT */
/* Hosts of a fleet on a real etcd: what comes in between. A name that somebody deletes, a record
 * that etcd refuses, rosters that a host loads later, more keys than a page has, and who may write
 * as an owner. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/str.h"
#include "daemon/fleet/fleet_internal.h"
#include "tests/unit/host_case.h"

static FleetInstance *instance_of(const Host *host)
{
    return fleet_find(host->fleet, HOST_KEY(1));
}

/* ---- its name ---- */

/* Its instances stay its own meanwhile. */
static void test_a_name_that_somebody_deletes_is_put_anew(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one;

    host_own(&one, etcd_case, "one", HOST_LEASE, 1);
    AWAIT(etcd_case, mirror_find(fleet_mirror(one.fleet), "hosts/one"));
    host_write(&one, "hosts/one", NULL);
    AWAIT(etcd_case, host_count(etcd_case, "hosts/") == 1);
    assert_non_null(strstr(host_find(etcd_case, "hosts/one"), "\"drained\":false"));
    assert_int_equal(one.stopped + one.dropped, 0);
    assert_true(fleet_owns(one.fleet, HOST_KEY(1)));
    host_stop(&one);
}

static void test_what_changes_while_it_is_put_is_put_after_it(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    Host one;

    host_start(&one, etcd_case, "one", 0);
    AWAIT(etcd_case, host_count(etcd_case, "hosts/") == 1);
    fleet_drain(one.fleet);
    AWAIT(etcd_case, strstr(host_find(etcd_case, "hosts/one"), "\"drained\":true"));
    fleet_undrain(one.fleet);
    assert_non_null(one.fleet->entry_call);
    fleet_drain(one.fleet);
    AWAIT(etcd_case, !one.fleet->entry_call);
    assert_non_null(strstr(host_find(etcd_case, "hosts/one"), "\"drained\":true"));
    host_stop(&one);
}

/* ---- its record ---- */

static void put_record(Host *host, size_t size)
{
    Buf record = {0}, carry = {0};

    buf_puts(&record, "{}");
    buf_puts(&carry, "{\"x\":\"");
    for (size_t i = 0; i < size; i++)
        buf_append(&carry, "0123456789abcdef", 16);
    buf_puts(&carry, "\"}");
    assert_int_equal(fleet_put_record(host->fleet, HOST_KEY(1), &record, &carry), 0);
    buf_done(&record);
    buf_done(&carry);
}

/* It is tried again while the instance is this host's, and keeps nobody from having it. */
static void test_a_record_that_etcd_refuses_keeps_no_instance(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    FleetInstance *instance;
    uint64_t due_usec;
    Host one, two;

    host_own(&one, etcd_case, "one", HOST_LEASE, 1);
    put_record(&one, 0);
    AWAIT(etcd_case, host_count(etcd_case, "~carry/") == 1);
    instance = instance_of(&one);
    put_record(&one, 100000); /* more than etcd takes of anybody */
    assert_non_null(instance->record_call);
    AWAIT(etcd_case, !instance->record_call);
    assert_true(instance->has_record);
    assert_int_equal(sd_event_source_get_time(instance->work, &due_usec), 0);
    assert_true(due_usec > clock_monotonic_usec() + 20 * USEC_PER_SEC);
    assert_true(fleet_owns(one.fleet, HOST_KEY(1)));
    fleet_end(one.fleet, "rosterd stops");
    fleet_instance_work_in(instance, 0); /* its time comes */
    AWAIT(etcd_case, fleet_is_over(one.fleet));
    host_die(&one);
    host_own(&two, etcd_case, "two", HOST_LEASE, 1);
    assert_true(two.is_handed_over);
    assert_string_equal(two.carry, "{\"x\":\"\"}");
    host_stop(&two);
}

/* ---- rosters ---- */

/* The one before is there still, and has the same set by now. */
static void test_the_one_before_loads_the_same_rosters(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    FleetConditions conditions;
    Host one, two;

    host_own(&one, etcd_case, "one", HOST_LEASE, 1);
    host_make(&two, etcd_case, "two", HOST_LEASE, HOST_HANDOVER);
    memset(two.set.digest, 'b', DIGEST_WHOLE);
    host_begin(&two, 1);
    AWAIT(etcd_case, mirror_is_current(fleet_mirror(two.fleet)));
    fleet_drain(one.fleet);
    AWAIT(etcd_case, two.begun == 1);
    fleet_get_conditions(two.fleet, HOST_KEY(1), USEC_PER_SEC, &conditions);
    assert_non_null(strstr(conditions.roster, "one, from which it took the instance over"));
    memset(one.set.digest, 'c', DIGEST_WHOLE); /* another one still */
    host_set_instances(&one, 1);
    AWAIT(etcd_case, strstr(host_find(etcd_case, "hosts/one"), "cccc"));
    host_write(&two, "pauses/after", "{}");
    AWAIT(etcd_case, mirror_find(fleet_mirror(two.fleet), "pauses/after"));
    fleet_get_conditions(two.fleet, HOST_KEY(1), USEC_PER_SEC, &conditions);
    assert_string_not_equal(conditions.roster, "");
    memset(one.set.digest, 'b', DIGEST_WHOLE);
    host_set_instances(&one, 1);
    AWAIT(etcd_case, (fleet_get_conditions(two.fleet, HOST_KEY(1), USEC_PER_SEC, &conditions),
                      conditions.roster[0] == '\0'));
    host_stop(&two);
    host_stop(&one);
}

/* ---- pages ---- */

#define MANY 1300 /* two pages, and a part of one */
#define AT_ONCE 100

static size_t read_count;
static bool has_read;

static int on_intent(void *userdata, const EtcdKey *key)
{
    char *last = userdata;

    assert_true(strcmp(key->key, last) > 0); /* each once, in their order */
    str_copy(last, KEYS_NAME_SIZE, key->key);
    read_count++;
    return 0;
}

static void on_read(void *userdata, const char *why)
{
    (void)userdata;
    assert_null(why);
    has_read = true;
}

static void on_written(void *userdata, FleetWritten result, uint64_t revision, const char *message)
{
    (void)revision;
    (void)message;
    assert_int_equal(result, FLEET_WRITTEN);
    (*(size_t *)userdata)++;
}

static void test_more_than_a_page_is_read_whole(void **state)
{
    static const FleetReadOps ops = {.on_intent = on_intent, .on_end = on_read};
    static char names[AT_ONCE][KEYS_NAME_SIZE];
    EtcdCase *etcd_case = host_case(state);
    char hash[DIGEST_HEX_SIZE], last[KEYS_NAME_SIZE] = "";
    FleetPut puts[AT_ONCE];
    FleetReading *reading;
    size_t written = 0;
    Host one;

    host_start(&one, etcd_case, "one", 0);
    AWAIT(etcd_case, host_count(etcd_case, "hosts/") == 1);
    assert_int_equal(keys_hash_instance(HOST_KEY(1), hash), 0);
    for (size_t i = 0; i < MANY; i += AT_ONCE) {
        for (size_t j = 0; j < AT_ONCE; j++) {
            keys_format_intents(hash, 1 + i + j, names[j]);
            puts[j] = (FleetPut){names[j], "{}"};
        }
        assert_int_equal(fleet_write(one.fleet, NULL, NULL, 0, puts, AT_ONCE, 20 * USEC_PER_SEC,
                                     on_written, &written, NULL),
                         0);
        AWAIT(etcd_case, written == i / AT_ONCE + 1);
    }
    read_count = 0;
    has_read = false;
    assert_int_equal(fleet_read_intents(one.fleet, HOST_KEY(1), 0, MANY, &ops, last, &reading), 0);
    AWAIT(etcd_case, has_read);
    assert_int_equal(read_count, MANY - 1); /* the last one is of a time that is left out */
    host_stop(&one);
}

/* ---- as an owner ---- */

static void on_owner_written(void *userdata, FleetWritten result, uint64_t revision,
                             const char *message)
{
    Host *host = userdata;

    (void)revision;
    str_copy(host->text, sizeof(host->text), message);
    host->written++;
    host->result = result;
}

static int write_as_owner(Host *host, const char *name)
{
    const FleetPut put = {name, "{}"};

    return fleet_write(host->fleet, HOST_KEY(1), NULL, 0, &put, 1, 5 * USEC_PER_SEC,
                       on_owner_written, host, NULL);
}

static void test_only_the_owner_writes_as_one(void **state)
{
    EtcdCase *etcd_case = host_case(state);
    char hash[DIGEST_HEX_SIZE], name[KEYS_NAME_SIZE];
    Host one, two;

    host_own(&one, etcd_case, "one", HOST_LEASE, 1);
    host_stand_by(&two, etcd_case, "two", 1);
    assert_int_equal(write_as_owner(&two, "undo/x"), -EPERM);
    assert_int_equal(write_as_owner(&one, "undo/x"), 0);
    AWAIT(etcd_case, one.written == 1);
    assert_int_equal(one.result, FLEET_WRITTEN);
    assert_int_equal(host_count(etcd_case, "undo/"), 1);
    /* Not once it is another's, though this host has not heard of it. */
    etcd_proxy_hang(one.proxy, "create_request");
    assert_int_equal(keys_hash_instance(HOST_KEY(1), hash), 0);
    keys_format(KEYS_OWNER, hash, name);
    host_write(&two, name, NULL);
    assert_int_equal(write_as_owner(&one, "undo/y"), 0);
    AWAIT(etcd_case, one.written == 2);
    assert_int_equal(one.result, FLEET_DIFFERS);
    assert_string_equal(one.text, "somebody has changed it in etcd meanwhile");
    assert_int_equal(host_count(etcd_case, "undo/"), 1);
    host_die(&one);
    host_die(&two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_name_that_somebody_deletes_is_put_anew, etcd_case_begin),
        cmocka_unit_test_setup(test_what_changes_while_it_is_put_is_put_after_it, etcd_case_begin),
        cmocka_unit_test_setup(test_a_record_that_etcd_refuses_keeps_no_instance, etcd_case_begin),
        cmocka_unit_test_setup(test_the_one_before_loads_the_same_rosters, etcd_case_begin),
        cmocka_unit_test_setup(test_more_than_a_page_is_read_whole, etcd_case_begin),
        cmocka_unit_test_setup(test_only_the_owner_writes_as_one, etcd_case_begin),
    };
    return cmocka_run_group_tests(tests, etcd_case_setup, etcd_case_teardown);
}
