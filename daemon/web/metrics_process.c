/* SPDX-License-Identifier: MIT */
#include "daemon/web/metrics_process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/file.h"
#include "daemon/base/mem.h"
#include "daemon/web/metrics_text.h"

#define PROCESS_FILE_SIZE_MAX 4096

typedef struct ProcessStat {
    uint64_t started_ticks; /* after the boot */
    uint64_t virtual_bytes;
    uint64_t resident_pages;
} ProcessStat;

/* proc(5): the fields from the third one on stand behind the name, which ends with the last ')'. */
static int metrics_process_read(ProcessStat *ret_stat)
{
    _cleanup_(buf_done) Buf text = {0};
    const char *rest;
    int r = file_read("/proc/self/stat", PROCESS_FILE_SIZE_MAX, &text, NULL);

    if (r < 0)
        return r;
    rest = strrchr(buf_text(&text), ')');
    if (!rest ||
        sscanf(rest + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
               "%*d %" SCNu64 " %" SCNu64 " %" SCNu64,
               &ret_stat->started_ticks, &ret_stat->virtual_bytes, &ret_stat->resident_pages) != 3)
        return -EPROTO;
    return 0;
}

/* As it was when it was asked first: a clock that is set later changes nothing about the process.
 */
static uint64_t metrics_process_start_usec(uint64_t started_ticks)
{
    static uint64_t start_usec;
    uint64_t since_boot_usec = started_ticks * (USEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));

    if (start_usec == 0)
        start_usec = clock_realtime_usec() - (clock_boottime_usec() - since_boot_usec);
    return start_usec;
}

static uint64_t metrics_process_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    uint64_t count = 0;

    if (!directory)
        return 0;
    while (readdir(directory))
        count++;
    closedir(directory);
    /* Its own descriptor, and the two entries of each directory. */
    return count > 3 ? count - 3 : 0;
}

static uint64_t metrics_process_cpu_usec(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) < 0)
        return 0;
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * USEC_PER_SEC +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void metrics_process_append_stat(MetricsText *text)
{
    ProcessStat stat;

    if (metrics_process_read(&stat) < 0)
        return;
    metrics_text_begin(text, "process_start_time_seconds", "gauge", "When the process began.");
    metrics_text_put_usec(text, "", NULL, NULL, metrics_process_start_usec(stat.started_ticks));
    metrics_text_begin(text, "process_virtual_memory_bytes", "gauge", "Its virtual memory.");
    metrics_text_put(text, "", NULL, NULL, stat.virtual_bytes);
    metrics_text_begin(text, "process_resident_memory_bytes", "gauge", "Its resident memory.");
    metrics_text_put(text, "", NULL, NULL, stat.resident_pages * (uint64_t)sysconf(_SC_PAGESIZE));
}

void metrics_process_append(Buf *buf)
{
    MetricsText text = {.buf = buf};
    struct rlimit limit;

    metrics_text_begin(&text, "process_cpu_seconds_total", "counter",
                       "Processor time that the process has used.");
    metrics_text_put_usec(&text, "", NULL, NULL, metrics_process_cpu_usec());
    metrics_process_append_stat(&text);
    metrics_text_begin(&text, "process_open_fds", "gauge", "Its open file descriptors.");
    metrics_text_put(&text, "", NULL, NULL, metrics_process_descriptors());
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    metrics_text_begin(&text, "process_max_fds", "gauge", "How many it may have open.");
    metrics_text_put(&text, "", NULL, NULL, limit.rlim_cur);
}
