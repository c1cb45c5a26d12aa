/* SPDX-License-Identifier: MIT */
#include "daemon/cli/program.h"

#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>

#include "daemon/base/digest.h"
#include "daemon/base/environment.h"
#include "daemon/base/file.h"
#include "daemon/base/hang.h"
#include "daemon/base/hash.h"
#include "daemon/base/random.h"
#include "daemon/base/utf8.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/load.h"
#include "daemon/cli/once.h"

#ifndef ROSTERD_COMMIT
#define ROSTERD_COMMIT "" /* nobody knows which it was */
#endif

/* What runs passes takes its signals from the loop, however early they come; what else was asked
 * for is ended by them as any program. */
static void program_block_signals(sigset_t *ret_before)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < ELEMENTS(signals); i++)
        sigaddset(&set, signals[i]);
    sigprocmask(SIG_BLOCK, &set, ret_before);
    signal(SIGPIPE, SIG_IGN);
}

static bool program_makes_passes(Action action)
{
    return action == ACTION_DAEMON || action == ACTION_ONCE || action == ACTION_PLAN ||
           action == ACTION_CHANNELS || action == ACTION_EXPORT;
}

static int program_run(const Program *program, const Options *options)
{
    switch (options->action) {
    case ACTION_HELP:
        fputs(program->options->help, stdout);
        return EXIT_IN_SYNC;
    case ACTION_VERSION:
        printf("%s " ROSTERD_VERSION "%s\n", program->name,
               ROSTERD_COMMIT[0] ? " (commit " ROSTERD_COMMIT ")" : "");
        return EXIT_IN_SYNC;
    case ACTION_CHECK:
        return load_check(options->config_path);
    case ACTION_ONCE:
        return once_run(options);
    case ACTION_PLAN:
    case ACTION_DAEMON:
    case ACTION_CHANNELS:
    case ACTION_EXPORT:
    case ACTION_STATUS:
    case ACTION_METRICS:
    case ACTION_VALIDATE:
    case ACTION_SCHEMA:
    case ACTION_TRY:
    case ACTION_HISTORY:
    case ACTION_UNDO:
    case ACTION_PAUSE:
    case ACTION_RESUME:
    case ACTION_APPROVE:
    case ACTION_RECONCILE:
    case ACTION_FLEET:
        break;
    }
    return program->run(options);
}

/* What was typed stands in it. */
static void program_explain(const Program *program, const char *text)
{
    _cleanup_(buf_done) Buf shown = {0};

    utf8_append_shown(&shown, text);
    fprintf(stderr, "%s: %s\n", program->name, buf_failed(&shown) < 0 ? "" : buf_text(&shown));
}

/* Blocks from this size on are mapped by themselves, and unmapped when they are freed. */
#define PROGRAM_MAP_SIZE (512 * 1024)

/* Left alone, the C library raises that size with the first big block that is freed, to 32 MiB, and
 * what passes and loads needed for a moment stays in the heap among what lasts. */
static void program_bound_heap(void)
{
    mallopt(M_MMAP_THRESHOLD, PROGRAM_MAP_SIZE);
    mallopt(M_TRIM_THRESHOLD, 2 * PROGRAM_MAP_SIZE);
}

/* Before the first table is filled. */
static void program_set_hash_key(void)
{
    const uint64_t key[] = {random_bits(), random_bits()};

    hash_set_key(key);
}

int program_main(const Program *program, int argc, char *argv[])
{
    Options options;
    Err err = {0};
    int status = EXIT_USAGE;
    sigset_t before;

    program_block_signals(&before);
    /* Files are read on threads of their own (aside.h): what those allocate and this one frees is
     * not to lie in heaps of theirs. */
    mallopt(M_ARENA_MAX, 1);
    program_bound_heap();
    program_set_hash_key();
    if (environment_begin() < 0) {
        program_explain(program, "out of memory");
        return EXIT_FAILED;
    }
    /* Characters are UTF-8 whatever the terminal's settings say; it is asked for how wide they are.
     */
    setlocale(LC_CTYPE, "C.UTF-8");
    if (file_open_standard() < 0 || digest_use_secure_alloc() < 0) {
        program_explain(program, "cannot begin: /dev/null cannot be opened, or OpenSSL has begun");
        return EXIT_FAILED;
    }
    if (program->parse(argc, argv, &options, &err) < 0) {
        program_explain(program, err.text);
    } else {
        log_set_program(program->name);
        log_setup(options.has_log_format ? options.log_format : log_format_default(),
                  options.log_level);
        if (!program_makes_passes(options.action))
            sigprocmask(SIG_SETMASK, &before, NULL);
        hang_watch(HANG_ENDS, EXIT_FAILED);
        status = program_run(program, &options);
    }
    options_done(&options);
    return status;
}
