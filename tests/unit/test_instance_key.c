/* SPDX-License-Identifier: MIT */
/* What makes an instance the same one: where it is and what it is, not what it is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/instance_key.h"

static const Instance prod = {
    .name = "prod",
    .endpoint = "https://roma.example.com",
    .project_id = "p1",
    .instance_id = "i1",
};

static bool is_same(const Instance *other)
{
    char key[INSTANCE_KEY_SIZE], other_key[INSTANCE_KEY_SIZE];

    instance_key(&prod, key);
    instance_key(other, other_key);
    return strcmp(key, other_key) == 0;
}

static void test_the_local_name_is_no_part_of_it(void **state)
{
    Instance other = prod;

    (void)state;
    other.name = "main";
    other.ca_file = "/ca.pem";
    assert_true(is_same(&other));
}

static void test_endpoint_project_and_id_are(void **state)
{
    Instance other = prod;

    (void)state;
    other.endpoint = "https://roma.example.com:8443";
    assert_false(is_same(&other));
    other = prod;
    other.project_id = "p2";
    assert_false(is_same(&other));
    other = prod;
    other.instance_id = "i2";
    assert_false(is_same(&other));
}

static void test_the_longest_parts_fit(void **state)
{
    char endpoint[288], id[65], key[INSTANCE_KEY_SIZE];
    const Instance longest = {.endpoint = endpoint, .project_id = id, .instance_id = id};

    (void)state;
    memset(endpoint, 'e', sizeof(endpoint) - 1);
    endpoint[sizeof(endpoint) - 1] = '\0';
    memset(id, 'i', sizeof(id) - 1);
    id[sizeof(id) - 1] = '\0';
    instance_key(&longest, key);
    assert_int_equal(strlen(key), 287 + 1 + 64 + 1 + 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_local_name_is_no_part_of_it),
        cmocka_unit_test(test_endpoint_project_and_id_are),
        cmocka_unit_test(test_the_longest_parts_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
