/* SPDX-License-Identifier: MIT */
/* The files that `fleet.etcd` names: found beside the settings, and what is said where one is not
 * as it should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/fleet/etcd_files.h"
#include "tests/scratch.h"

#define KEY_TEXT                                                                                   \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"                           \
    "-----END PRIVATE KEY-----\n"

typedef struct Files {
    char directory[SCRATCH_SIZE];
    EtcdFiles files;
    Err err;
} Files;

static void put(const Files *fixture, const char *name, const char *text)
{
    char path[SCRATCH_SIZE + 32];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", fixture->directory, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static int setup(void **state)
{
    static Files fixture;

    fixture = (Files){0};
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_true(scratch_make(fixture.directory, "/tmp", "test_etcd_files"));
    put(&fixture, "ca", "certificates\n");
    put(&fixture, "cert", "certificate\n");
    put(&fixture, "key", KEY_TEXT);
    put(&fixture, "password", "secret\n");
    put(&fixture, "empty", "");
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    Files *fixture = *state;

    etcd_files_done(&fixture->files);
    scratch_remove(fixture->directory);
    return 0;
}

static void assert_path(const Files *fixture, const char *path, const char *name)
{
    char wanted[SCRATCH_SIZE + 32];

    snprintf(wanted, sizeof(wanted), "%s/%s", fixture->directory, name);
    assert_string_equal(path, wanted);
}

static void test_each_is_found_beside_the_settings(void **state)
{
    const FleetSettings settings = {.ca_file = "ca",
                                    .cert_file = "cert",
                                    .key_file = "key",
                                    .user = "rosterd",
                                    .password_file = "password"};
    Files *fixture = *state;
    EtcdSettings told = {0};

    if (etcd_files_read(&settings, fixture->directory, &fixture->files, &fixture->err) < 0)
        fail_msg("%s", fixture->err.text);
    etcd_files_set(&fixture->files, &settings, &told);
    assert_path(fixture, told.ca_file, "ca");
    assert_path(fixture, told.cert_file, "cert");
    assert_path(fixture, told.key_file, "key");
    assert_string_equal(told.user, "rosterd");
    assert_int_equal(secret_size(told.password), strlen("secret"));
    assert_memory_equal(secret_bytes(told.password), "secret", strlen("secret"));
}

static void test_none_is_needed(void **state)
{
    const FleetSettings settings = {0};
    Files *fixture = *state;
    EtcdSettings told = {.ca_file = "x", .cert_file = "x", .key_file = "x", .user = "x"};

    assert_int_equal(etcd_files_read(&settings, fixture->directory, &fixture->files, &fixture->err),
                     0);
    etcd_files_set(&fixture->files, &settings, &told);
    assert_null(told.ca_file);
    assert_null(told.cert_file);
    assert_null(told.key_file);
    assert_null(told.user);
    assert_null(told.password);
}

static void test_what_is_wrong_is_told_by_its_setting(void **state)
{
    static const struct {
        FleetSettings settings;
        const char *key, *says;
    } rows[] = {
        {{.ca_file = "none"}, "fleet.etcd.ca_file", "none: "},
        {{.ca_file = "empty"}, "fleet.etcd.ca_file", "empty, must hold certificates in PEM"},
        {{.ca_file = "ca", .cert_file = "none"}, "fleet.etcd.cert_file", "none: "},
        {{.cert_file = "empty"}, "fleet.etcd.cert_file", "empty, must hold certificates in PEM"},
        {{.key_file = "none"}, "fleet.etcd.key_file", "none"},
        {{.key_file = "ca"}, "fleet.etcd.key_file", "ca"},
        {{.password_file = "none"}, "fleet.etcd.password_file", "none"},
        {{.password_file = "empty"}, "fleet.etcd.password_file", "empty"},
    };
    Files *fixture = *state;

    for (size_t i = 0; i < ELEMENTS(rows); i++) {
        err_clear(&fixture->err);
        if (etcd_files_read(&rows[i].settings, fixture->directory, &fixture->files,
                            &fixture->err) >= 0)
            fail_msg("taken: %s", rows[i].key);
        if (!strstr(fixture->err.text, rows[i].key) || !strstr(fixture->err.text, rows[i].says))
            fail_msg("%s: \"%s\" is not in \"%s\"", rows[i].key, rows[i].says, fixture->err.text);
        etcd_files_done(&fixture->files);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_is_found_beside_the_settings),
        TEST(test_none_is_needed),
        TEST(test_what_is_wrong_is_told_by_its_setting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
