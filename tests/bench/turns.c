/* SPDX-License-Identifier: MIT */
/*
 * Measures the turns of a program's event loop, for scale.py: loaded before the program
 * (LD_PRELOAD), it sees the loop wait. What the program does from the end of one wait to the
 * beginning of the next is a turn. How long each took goes, while the program runs, into the file
 * that ROSTERD_TURNS names, which has room for a Turns; whoever reads it may set it to zero.
 *
 * The loop is whoever waits on the first epoll that was made. Times are the thread's own CPU time,
 * and what the clock says, in which others may have had the processor.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef struct Turns {
    uint64_t count;
    uint64_t longest_cpu_nsec;
    uint64_t longest_nsec;
    uint64_t over_5_msec; /* turns of more CPU time than that */
    uint64_t over_20_msec;
} Turns;

/* Only the thread of the loop writes these. */
static Turns *turns;
static int loop_fd = -1;
static uint64_t begun_cpu_nsec, begun_nsec;

typedef int (*Create)(int flags);
typedef int (*Wait)(int fd, struct epoll_event *events, int size, int timeout_msec);
typedef int (*WaitUntil)(int fd, struct epoll_event *events, int size,
                         const struct timespec *timeout, const sigset_t *mask);

static uint64_t nsec_of(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

__attribute__((constructor)) static void turns_open(void)
{
    const char *path = getenv("ROSTERD_TURNS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *bytes;

    if (fd < 0)
        return;
    bytes = mmap(NULL, sizeof(*turns), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    turns = bytes == MAP_FAILED ? NULL : bytes;
}

static void turns_on_end(void)
{
    uint64_t cpu_nsec, nsec;

    if (!turns || begun_nsec == 0)
        return;
    cpu_nsec = nsec_of(CLOCK_THREAD_CPUTIME_ID) - begun_cpu_nsec;
    nsec = nsec_of(CLOCK_MONOTONIC) - begun_nsec;
    turns->count++;
    turns->over_5_msec += cpu_nsec > 5000000U;
    turns->over_20_msec += cpu_nsec > 20000000U;
    if (cpu_nsec > turns->longest_cpu_nsec)
        turns->longest_cpu_nsec = cpu_nsec;
    if (nsec > turns->longest_nsec)
        turns->longest_nsec = nsec;
}

static void turns_on_begin(void)
{
    begun_cpu_nsec = nsec_of(CLOCK_THREAD_CPUTIME_ID);
    begun_nsec = nsec_of(CLOCK_MONOTONIC);
}

int epoll_create1(int flags)
{
    Create create = (Create)dlsym(RTLD_NEXT, "epoll_create1");
    int fd = create(flags);

    if (loop_fd < 0)
        loop_fd = fd;
    return fd;
}

int epoll_wait(int fd, struct epoll_event *events, int size, int timeout_msec)
{
    static Wait wait;
    int count;

    if (!wait)
        wait = (Wait)dlsym(RTLD_NEXT, "epoll_wait");
    if (fd != loop_fd)
        return wait(fd, events, size, timeout_msec);
    turns_on_end();
    count = wait(fd, events, size, timeout_msec);
    turns_on_begin();
    return count;
}

int epoll_pwait2(int fd, struct epoll_event *events, int size, const struct timespec *timeout,
                 const sigset_t *mask)
{
    static WaitUntil wait;
    int count;

    if (!wait)
        wait = (WaitUntil)dlsym(RTLD_NEXT, "epoll_pwait2");
    if (fd != loop_fd)
        return wait(fd, events, size, timeout, mask);
    turns_on_end();
    count = wait(fd, events, size, timeout, mask);
    turns_on_begin();
    return count;
}
