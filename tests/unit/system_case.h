/* SPDX-License-Identifier: MIT */
/* System calls that fail on demand, in the whole test program, its libraries included: one of a
 * kind, at files whose path ends so. It defines these calls: a library of the tests would give them
 * to every test. */
#pragma once

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum SystemCall {
    SYSTEM_NONE,
    SYSTEM_OPEN,
    SYSTEM_STAT,
    SYSTEM_FSTAT,
    SYSTEM_LSTAT,
    SYSTEM_FLOCK,
    SYSTEM_FSYNC,
    SYSTEM_FTRUNCATE,
    SYSTEM_WRITE,
    SYSTEM_PWRITE,
} SystemCall;

static SystemCall failing;
static const char *failing_ending;
static int failing_error, failed_count;

static bool system_fails(SystemCall call, const char *path)
{
    size_t length = strlen(path), ending;

    if (call != failing)
        return false;
    ending = strlen(failing_ending);
    if (length < ending || strcmp(path + length - ending, failing_ending) != 0)
        return false;
    failed_count++;
    errno = failing_error;
    return true;
}

static bool system_fails_at(SystemCall call, int fd)
{
    char link[64], path[PATH_MAX];
    ssize_t length;

    if (call != failing)
        return false;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = '\0';
    return system_fails(call, path);
}

/* From now on each such call fails with that errno. */
static inline void system_fail(SystemCall call, const char *ending, int error)
{
    failing_ending = ending;
    failing_error = error;
    failed_count = 0;
    failing = call;
}

/* Takes that back. How many have failed. */
static inline int system_mend(void)
{
    failing = SYSTEM_NONE;
    return failed_count;
}

/* The C library's own. */
#define REAL(function, name)                                                                       \
    do {                                                                                           \
        void *found = dlsym(RTLD_NEXT, name);                                                      \
        memcpy(&(function), &found, sizeof(function));                                             \
    } while (0)

int open(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_list more;

        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    if (!real)
        REAL(real, "open");
    return system_fails(SYSTEM_OPEN, path) ? -1 : real(path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
    static int (*real)(int, const char *, int, ...);
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_list more;

        va_start(more, flags);
        mode = va_arg(more, mode_t);
        va_end(more);
    }
    if (!real)
        REAL(real, "openat");
    return system_fails(SYSTEM_OPEN, path) ? -1 : real(directory, path, flags, mode);
}

int stat(const char *path, struct stat *status)
{
    static int (*real)(const char *, struct stat *);

    if (!real)
        REAL(real, "stat");
    return system_fails(SYSTEM_STAT, path) ? -1 : real(path, status);
}

int lstat(const char *path, struct stat *status)
{
    static int (*real)(const char *, struct stat *);

    if (!real)
        REAL(real, "lstat");
    return system_fails(SYSTEM_LSTAT, path) ? -1 : real(path, status);
}

int fstat(int fd, struct stat *status)
{
    static int (*real)(int, struct stat *);

    if (!real)
        REAL(real, "fstat");
    return system_fails_at(SYSTEM_FSTAT, fd) ? -1 : real(fd, status);
}

int flock(int fd, int operation)
{
    static int (*real)(int, int);

    if (!real)
        REAL(real, "flock");
    return system_fails_at(SYSTEM_FLOCK, fd) ? -1 : real(fd, operation);
}

int fsync(int fd)
{
    static int (*real)(int);

    if (!real)
        REAL(real, "fsync");
    return system_fails_at(SYSTEM_FSYNC, fd) ? -1 : real(fd);
}

int ftruncate(int fd, off_t size)
{
    static int (*real)(int, off_t);

    if (!real)
        REAL(real, "ftruncate");
    return system_fails_at(SYSTEM_FTRUNCATE, fd) ? -1 : real(fd, size);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);

    if (!real)
        REAL(real, "write");
    return system_fails_at(SYSTEM_WRITE, fd) ? -1 : real(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);

    if (!real)
        REAL(real, "pwrite");
    return system_fails_at(SYSTEM_PWRITE, fd) ? -1 : real(fd, bytes, size, at);
}
