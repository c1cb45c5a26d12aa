/* SPDX-License-Identifier: MIT */
/* The names of keys in etcd, by which hosts of all versions find each other's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/fleet/keys.h"

#define KEY "https://roma.example p1 i1"
#define HASH "ee36d8873cc673e890f14e810144b7332acafce40fe69336ea803d25c6741602"

static void test_names_of_an_instance(void **state)
{
    char hash[DIGEST_HEX_SIZE], name[KEYS_NAME_SIZE];

    (void)state;
    assert_int_equal(keys_hash_instance(KEY, hash), 0);
    assert_string_equal(hash, HASH);
    keys_format(KEYS_OWNER, hash, name);
    assert_string_equal(name, "owner/" HASH);
    keys_format(KEYS_CARRY, hash, name);
    assert_string_equal(name, "~carry/" HASH);
    /* In the order of their time. */
    keys_format_intents(hash, 1795532645000000, name);
    assert_string_equal(name, "~intents/" HASH "/00001795532645000000");
}

static void test_names_of_pauses(void **state)
{
    static const struct {
        const char *instance, *channel;
        bool is_name;
        const char *name;
    } rows[] = {
        {NULL, NULL, false,
         "pauses/32fca783a6e042104f81ff929e52d6c995372a10e884139c13e15be05980bbb3"},
        {KEY, NULL, false,
         "pauses/3b96c5d97381a76356f9a8f5888ec46c68fc4b393a498b5831d63e3bafeac522"},
        {KEY, "c1", false,
         "pauses/9bd5ef03f2f3223c8ae2dbee02cc639e420a5bda86be3a48a6294c6d5d2d0a94"},
        {KEY, "c1", true,
         "pauses/7f72afbd22049788a5686a78a751c4685c39a7ae6d20e79f6c5abe961685a13c"},
    };
    char name[KEYS_NAME_SIZE];

    (void)state;
    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        assert_int_equal(
            keys_format_pause(rows[i].instance, rows[i].channel, rows[i].is_name, name), 0);
        assert_string_equal(name, rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_an_instance),
        cmocka_unit_test(test_names_of_pauses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
