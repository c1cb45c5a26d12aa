/* SPDX-License-Identifier: MIT */
/* For the tests of config/: a directory of files to load, and the outcome as a person sees it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/load/config_load.h"
#include "daemon/base/mem.h"
#include "tests/scratch.h"

/* Settings that are right, but for what a test appends. */
#define PROD                                                                                       \
    "  prod: {endpoint: https://roma.example.com, project_id: p1, instance_id: i1,\n"              \
    "         auth: {method: token, token_file: t}}\n"
#define TEST                                                                                       \
    "  test: {endpoint: https://roma.example.com, project_id: p1, instance_id: i2,\n"              \
    "         auth: {method: environment}}\n"
#define INSTANCES "instances:\n" PROD
#define HEAD "version: 1\nmode: prune\n" INSTANCES

/* Settings with this as the instance prod. */
#define PROD_IS(instance) "version: 1\nmode: prune\ninstances:\n  prod: " instance "\n"

/* A roster that is right. */
#define ROSTER                                                                                     \
    "version: 1\n"                                                                                 \
    "channels:\n"                                                                                  \
    "  - name: payments\n"                                                                         \
    "    members: ['10.0.0.1:80']\n"

/* Every test runs in a directory of its own, with an empty rosters.d and empty.d. */
static inline int enter_directory(void **state)
{
    char path[SCRATCH_SIZE];

    if (!scratch_make(path, "/tmp", "test_config") || chdir(path) < 0 ||
        mkdir("rosters.d", 0700) < 0 || mkdir("empty.d", 0700) < 0)
        return -1;
    *state = strdup(path);
    return *state ? 0 : -1;
}

static inline int leave_directory(void **state)
{
    int r = chdir("/");

    if (r == 0)
        r = scratch_remove(*state);
    free(*state);
    return r;
}

static inline void put_bytes(const char *path, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

static inline void put_file(const char *path, const char *text)
{
    put_bytes(path, text, strlen(text));
}

/* Where ROSTERD_FIXTURES names a folder, keeps the files there with what is said of them, for who
 * checks them by other means (tests/integration/test_schema.py). */
static inline void keep_fixture(const char *expected)
{
    const char *folder = getenv("ROSTERD_FIXTURES");
    static unsigned int count;
    char path[SCRATCH_SIZE + 256], said[sizeof(path) + 16], command[2 * sizeof(path)];
    FILE *file;

    if (!folder)
        return;
    snprintf(path, sizeof(path), "%s/%d-%u", folder, (int)getpid(), count++);
    snprintf(said, sizeof(said), "%s/expected", path);
    assert_int_equal(mkdir(path, 0700), 0);
    file = fopen(said, "w");
    if (!file) { /* a test without descriptors */
        assert_int_equal(rmdir(path), 0);
        return;
    }
    fputs(expected, file);
    fclose(file);
    /* Some tests have files that are not there, or none that could be copied. */
    snprintf(command, sizeof(command), "cp -r rosterd.yaml rosters.d '%s' 2>/dev/null; true", path);
    assert_int_equal(system(command), 0);
}

/* Loads rosterd.yaml, which must be right. The caller frees it. */
static inline Config *load_good(void)
{
    Problems problems = {0};
    Buf text = {0};
    Config *config = NULL;
    int r;

    keep_fixture("");
    r = config_load("rosterd.yaml", &problems, &config);
    problems_print(&problems, &text);
    assert_string_equal(buf_text(&text), "");
    assert_int_equal(r, 0);
    buf_done(&text);
    problems_done(&problems);
    return config;
}

/* Loads these settings, which must be right, with ROSTER. The caller frees it. */
static inline Config *load_settings(const char *settings)
{
    put_file("rosterd.yaml", settings);
    put_file("rosters.d/a.yaml", ROSTER);
    return load_good();
}

/* Loads rosterd.yaml, which must give exactly these lines. */
static inline void expect_problems(const char *expected)
{
    Problems problems = {0};
    Buf text = {0};
    Config *config = NULL;
    int r;

    keep_fixture(expected);
    r = config_load("rosterd.yaml", &problems, &config);
    problems_print(&problems, &text);
    assert_string_equal(buf_text(&text), expected);
    assert_int_equal(r, -EINVAL);
    assert_null(config);
    buf_done(&text);
    problems_done(&problems);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

/* One mistake, and all that is said of it. */
typedef struct InvalidConfig {
    const char *settings; /* NULL: HEAD */
    const char *roster;   /* NULL: ROSTER */
    const char *expected;
} InvalidConfig;

static inline void expect_invalid(const InvalidConfig *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_file("rosterd.yaml", cases[i].settings ? cases[i].settings : HEAD);
        put_file("rosters.d/a.yaml", cases[i].roster ? cases[i].roster : ROSTER);
        expect_problems(cases[i].expected);
    }
}
