/* SPDX-License-Identifier: MIT */
/* Loaded before a program with LD_PRELOAD: a machine whose wall clock is stepped and whose disk
 * turns read-only, as the file that $MACHINE names says at each moment. The disk counts for
 * pwrite(2) alone, which is how SQLite writes. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

typedef struct Machine {
    _Atomic int64_t step_s;
    _Atomic int64_t read_only;
} Machine;

static Machine untouched;
static Machine *machine = &untouched;

typedef int ClockFunction(clockid_t, struct timespec *);
typedef ssize_t WriteFunction(int, const void *, size_t, off_t);

__attribute__((constructor)) static void machine_share(void)
{
    const char *path = getenv("MACHINE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *memory;

    if (fd < 0)
        return;
    memory = mmap(NULL, sizeof(*machine), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory != MAP_FAILED)
        machine = memory;
}

/* Other libraries' constructors ask for the time before this one's has run. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    static ClockFunction *real;
    int r;

    if (!real)
        real = (ClockFunction *)(uintptr_t)dlsym(RTLD_NEXT, "clock_gettime");
    r = real(clock, now);

    if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += machine->step_s;
    return r;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec wall;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &wall);
    *now = (struct timeval){.tv_sec = wall.tv_sec, .tv_usec = wall.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *now)
{
    struct timespec wall;

    clock_gettime(CLOCK_REALTIME, &wall);
    if (now)
        *now = wall.tv_sec;
    return wall.tv_sec;
}

static ssize_t machine_write(int fd, const void *data, size_t size, off_t offset)
{
    static WriteFunction *real;

    if (!real)
        real = (WriteFunction *)(uintptr_t)dlsym(RTLD_NEXT, "pwrite64");
    if (machine->read_only) {
        errno = EROFS;
        return -1;
    }
    return real(fd, data, size, offset);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    return machine_write(fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t offset)
{
    return machine_write(fd, data, size, offset);
}
