/* SPDX-License-Identifier: MIT */
/*
 * Measures two parts of rosterd by themselves, for bench.py: one line a round, with the CPU time,
 * the kernel's included, of the part and of what it is compared with, in nanoseconds.
 *
 * parts look SETTINGS ROUNDS: comparing the files with what is in force, as before a pass; and a
 * bare loop that calls stat(2) for the same paths.
 * parts settle DIRECTORY ROUNDS: the checks that the state is still the one that is open and holds
 * what was committed; and all of recording and settling 10 deletions, of which they are a part.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "config/load/config_load.h"
#include "daemon/base/clock.h"
#include "daemon/base/str.h"
#include "daemon/store/integrity.h"
#include "daemon/store/store.h"

#define DELETIONS 10U

static uint64_t cpu_nsec(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void need(bool is_so, const char *what, const Err *err)
{
    if (is_so)
        return;
    fprintf(stderr, "parts: %s: %s\n", what, err->text);
    exit(1);
}

static void print_round(uint64_t part_nsec, uint64_t other_nsec)
{
    printf("%" PRIu64 " %" PRIu64 "\n", part_nsec, other_nsec);
}

/* ---- looking ---- */

static void look(const Sources *in_force)
{
    Sources now = {0};

    need(sources_look(in_force, &now) == 0, "look", &(Err){0});
    need(sources_equal(in_force, &now, NULL), "the files changed", &(Err){0});
    sources_done(&now);
}

static void look_bare(const Sources *in_force)
{
    struct stat status;

    for (size_t i = 0; i < in_force->stamp_count; i++)
        need(stat(in_force->stamps[i].path, &status) == 0, in_force->stamps[i].path, &(Err){0});
}

static void measure_look(const char *settings, unsigned long rounds)
{
    Problems problems = {0};
    Sources in_force = {0};
    Config *config = NULL;
    Buf text = {0};

    if (config_load_sources(settings, &in_force, &problems, &config) < 0) {
        problems_print(&problems, &text);
        fprintf(stderr, "parts: %s", buf_text(&text));
        exit(1);
    }
    while (rounds-- > 0) {
        uint64_t begun = cpu_nsec(), between;

        look(&in_force);
        between = cpu_nsec();
        look_bare(&in_force);
        print_round(between - begun, cpu_nsec() - between);
    }
    sources_done(&in_force);
    problems_done(&problems);
    config_free(config);
}

/* ---- settling ---- */

static void settle(Store *store, const Batch *batch, uint64_t now_usec)
{
    static const Answer answer = {.http = 204};
    Err err = {0};

    need(store_record(store, batch, 1, now_usec, &err) == 0, "record", &err);
    for (size_t i = 0; i < batch->change_count; i++)
        need(store_decide(store, batch->changes[i].action, OUTCOME_DELETED, 1, NULL, &answer,
                          now_usec, &err) == 0,
             "decide", &err);
    need(store_flush(store, &err) == 0, "flush", &err);
}

/* What settle() does of it: one for each of its two commits, and one reading back. */
static void check(Store *store, const Batch *batch)
{
    Err err = {0};

    for (int i = 0; i < 2; i++)
        need(integrity_check(store, &err) == 0, "check", &err);
    need(integrity_read_back(store, batch, 1, &err) == 0, "read back", &err);
}

static void measure_settle(const char *directory, unsigned long rounds)
{
    static const char key[] = "https://roma.example p1 i1";
    static const RosterChannel channel = {.name = "payments", .mode = MODE_PRUNE};
    uint64_t now_usec = clock_realtime_usec();
    char pass[STORE_PASS_ID_SIZE];
    Change deletions[DELETIONS];
    Store *store = NULL;
    Err err = {0};
    Batch batch = {
        .pass = pass,
        .channel = &channel,
        .instance_name = "bench",
        .instance_key = key,
        .channel_id = "c1",
        .channel_name = "payments",
        .digest = "",
        .changes = deletions,
        .change_count = DELETIONS,
    };

    for (size_t i = 0; i < DELETIONS; i++)
        deletions[i] = (Change){
            .kind = CHANGE_DELETE,
            .member_id = "6a7b8c9d000040008000000000000001",
            .identity = "m1",
            .identity_size = 2,
            .before = "{\"host\":\"10.1.0.9\",\"member_port\":8080,\"weight\":1}",
        };
    need(store_open(directory, &store, &err) == 0 &&
             store_name_instance(store, key, "bench", &err) == 0 &&
             store_begin_pass(store, now_usec, pass, &err) == 0,
         directory, &err);
    while (rounds-- > 0) {
        uint64_t begun = cpu_nsec(), between;

        settle(store, &batch, now_usec);
        between = cpu_nsec();
        check(store, &batch);
        print_round(cpu_nsec() - between, between - begun);
    }
    store_free(store);
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;

    if (rounds > 0 && str_equal(argv[1], "look"))
        measure_look(argv[2], rounds);
    else if (rounds > 0 && str_equal(argv[1], "settle"))
        measure_settle(argv[2], rounds);
    else {
        fputs("usage: parts look SETTINGS ROUNDS\n       parts settle DIRECTORY ROUNDS\n", stderr);
        return 64;
    }
    return 0;
}
