/* SPDX-License-Identifier: MIT */
/* A program that crashes says where, for most of what is at work after a failed allocation is not
 * ours. */
#include "tests/torture/failing.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES_MAX 24
#define WHO_SIZE 2048

typedef struct Shared {
    _Atomic uint64_t count;
    uint64_t fail_at;   /* 0: none */
    char who[WHO_SIZE]; /* asked for the one that failed: the stack, innermost first */
} Shared;

static Shared nobody;
static Shared *shared = &nobody;

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

#ifdef IS_SANITIZED
/* The sanitizer tells it. */
static void failing_catch_crashes(void)
{
}
#else
static void failing_on_crash(int number)
{
    void *frames[FRAMES_MAX];
    static const char title[] = "torture: crashed in\n";

    (void)!write(STDERR_FILENO, title, sizeof(title) - 1);
    backtrace_symbols_fd(frames, backtrace(frames, FRAMES_MAX), STDERR_FILENO);
    signal(number, SIG_DFL);
    raise(number);
}

static void failing_catch_crashes(void)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

    for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        signal(crashes[i], failing_on_crash);
}
#endif

/* What backtrace(3) loads is loaded before any allocation fails. */
__attribute__((constructor)) static void failing_share(void)
{
    const char *path = getenv("TORTURE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *memory, *frame;

    if (fd < 0)
        return;
    backtrace(&frame, 1);
    failing_catch_crashes();
    memory = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory != MAP_FAILED)
        shared = memory;
}

/* "OBJECT+OFFSET ". */
static size_t failing_describe(void *frame, char *ret_text, size_t size)
{
    const char *name = "?", *slash;
    Dl_info info = {0};

    if (dladdr(frame, &info) && info.dli_fname) {
        slash = strrchr(info.dli_fname, '/');
        name = slash ? slash + 1 : info.dli_fname;
    }
    return (size_t)snprintf(ret_text, size, "%s+%#tx ", name,
                            (const char *)frame - (const char *)info.dli_fbase);
}

/* The three frames that lead here are left out. */
__attribute__((noinline)) static void failing_note(void)
{
    void *frames[FRAMES_MAX];
    int count = backtrace(frames, FRAMES_MAX);
    size_t used = 0;

    for (int i = 3; i < count && used < WHO_SIZE; i++)
        used += failing_describe(frames[i], shared->who + used, WHO_SIZE - used);
}

bool failing_is_next(void)
{
    if (++shared->count != shared->fail_at)
        return false;
    failing_note();
    errno = ENOMEM;
    return true;
}
