/* SPDX-License-Identifier: MIT */
#include "daemon/service/status_line.h"

#include <stdarg.h>
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"

typedef struct StatusSums {
    size_t channels, in_sync, held, failed, drift, paused, quarantined, unknown;
    size_t elsewhere;     /* channels of instances that are other hosts' */
    uint64_t oldest_usec; /* monotonic; USEC_NEVER: no channel was ever read */
    bool some_unread;
    uint64_t next_usec;
    bool is_running;
    const char *trouble;
} StatusSums;

static void status_line_add_beat(StatusSums *sums, const Scheduler *scheduler)
{
    const size_t *results = scheduler->results;
    size_t known = 0;

    sums->channels += scheduler->channel_count;
    if (scheduler->schedule->stands_by) {
        sums->elsewhere += scheduler->channel_count;
        return;
    }
    for (size_t i = 0; i <= RESULT_FAILED; i++)
        known += results[i];
    sums->unknown += scheduler->channel_count - known;
    sums->in_sync += results[RESULT_IN_SYNC] + results[RESULT_CONVERGED];
    sums->held += results[RESULT_HELD];
    sums->failed += results[RESULT_FAILED] + results[RESULT_UNMANAGEABLE];
    sums->drift += results[RESULT_DRIFT];
    sums->paused += results[RESULT_PAUSED];
    sums->quarantined += results[RESULT_QUARANTINED];
    for (size_t i = 0; i < scheduler->channel_count; i++) {
        sums->some_unread = sums->some_unread || scheduler->listed_usec[i] == 0;
        if (scheduler->listed_usec[i] && scheduler->listed_usec[i] < sums->oldest_usec)
            sums->oldest_usec = scheduler->listed_usec[i];
    }
    sums->is_running = sums->is_running || scheduler->run;
    if (scheduler->schedule->next_usec < sums->next_usec)
        sums->next_usec = scheduler->schedule->next_usec;
    if (!sums->trouble && scheduler->trouble[0])
        sums->trouble = scheduler->trouble;
}

static int status_line_append(char *text, int used, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int status_line_append(char *text, int used, const char *format, ...)
{
    va_list arguments;
    int length;

    if (used >= STATUS_LINE_SIZE - 1)
        return used;
    va_start(arguments, format);
    length = vsnprintf(text + used, (size_t)(STATUS_LINE_SIZE - used), format, arguments);
    va_end(arguments);
    return length < 0 ? used : used + length;
}

static int status_line_append_counts(char *text, int used, const StatusSums *sums)
{
    const struct {
        size_t count;
        const char *name;
    } parts[] = {{sums->in_sync, "in sync"},
                 {sums->drift, "with drift"},
                 {sums->paused, "paused"},
                 {sums->quarantined, "with a quarantine"},
                 {sums->held, "held"},
                 {sums->failed, "failed"},
                 {sums->unknown, "not read yet"},
                 {sums->elsewhere, "on standby"}};

    used = status_line_append(text, used, "%zu channel%s:", sums->channels,
                              sums->channels == 1 ? "" : "s");
    for (size_t i = 0, shown = 0; i < ELEMENTS(parts); i++) {
        if (parts[i].count)
            used = status_line_append(text, used, "%s %zu %s", shown++ ? "," : "", parts[i].count,
                                      parts[i].name);
    }
    return used;
}

/* The beginning of the line: refused settings, files that cannot be read. */
static int status_line_append_warnings(char *text, const Controller *controller,
                                       const char *invalid, const char *unread)
{
    const Backend *backend = &controller->backend;
    Err state_err = {0};
    int used = 0;

    if (invalid[0])
        used = status_line_append(
            text, used, "INVALID settings or rosters, the last good ones stay in force (%s); ",
            invalid);
    if (unread)
        used = status_line_append(text, used, "%s, nothing is added or deleted until it is read; ",
                                  unread);
    if (log_lost_count() > 0)
        used = status_line_append(text, used, "%zu lines of the log were lost; ", log_lost_count());
    if (backend_check_store(backend, &state_err) < 0)
        used = status_line_append(text, used, "STATE unusable, nothing is changed (%.160s); ",
                                  state_err.text);
    if (backend->fleet && fleet_get_trouble(backend->fleet)[0])
        used =
            status_line_append(text, used, "no LEASE of the fleet, nothing is changed (%.160s); ",
                               fleet_get_trouble(backend->fleet));
    return backend->dry_run ? status_line_append(text, used, "dry run; ") : used;
}

void status_line_format(const Controller *controller, const char *invalid, const char *unread,
                        char ret_text[static STATUS_LINE_SIZE])
{
    StatusSums sums = {.oldest_usec = USEC_NEVER, .next_usec = USEC_NEVER};
    uint64_t now_usec = clock_monotonic_usec();
    char duration[32], now[CLOCK_RFC3339_SIZE];
    int used = status_line_append_warnings(ret_text, controller, invalid, unread);

    for (size_t i = 0; i < controller->scheduler_count; i++)
        status_line_add_beat(&sums, &controller->schedulers[i]);
    used = status_line_append_counts(ret_text, used, &sums);
    if (sums.trouble)
        used = status_line_append(ret_text, used, " (%s)", sums.trouble);
    clock_format_rfc3339(clock_realtime_usec(), now);
    if (sums.oldest_usec != USEC_NEVER) {
        clock_format_duration(now_usec - sums.oldest_usec, duration, sizeof(duration));
        used = status_line_append(ret_text, used, "; oldest whole list %s ago%s", duration,
                                  sums.some_unread ? " (some never)" : "");
    }
    if (sums.is_running) {
        used = status_line_append(ret_text, used, "; a pass is under way");
    } else if (sums.next_usec <= now_usec) {
        used = status_line_append(ret_text, used, "; a pass begins");
    } else if (sums.next_usec != USEC_NEVER) {
        clock_format_duration(sums.next_usec - now_usec, duration, sizeof(duration));
        used = status_line_append(ret_text, used, "; next pass in %s", duration);
    }
    status_line_append(ret_text, used, " (as of %s)", now);
}
