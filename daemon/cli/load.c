/* SPDX-License-Identifier: MIT */
#include "daemon/cli/load.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/hang.h"
#include "daemon/base/log.h"
#include "daemon/base/str.h"
#include "daemon/cli/exit_status.h"
#include "daemon/cli/look.h"
#include "daemon/cli/print.h"
#include "daemon/log/warnings.h"
#include "daemon/report/validation.h"

typedef int (*Loader)(const char *path, Problems *problems, Config **ret_config);

static void load_print(const Problems *problems)
{
    _cleanup_(buf_done) Buf text = {0};

    problems_print(problems, &text);
    print_errors(&text);
}

static int load_or_explain(Loader loader, const char *path, Config **ret_config)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_hang_ Hang hang = hang_enter(path);
    int r = loader(path, &problems, ret_config);

    if (r >= 0)
        return EXIT_IN_SYNC;
    load_print(&problems);
    return r == -ENOMEM ? EXIT_FAILED : EXIT_INVALID;
}

int load_config(const char *path, Config **ret_config)
{
    return load_or_explain(config_load, path, ret_config);
}

int load_settings(const char *path, Config **ret_config)
{
    return load_or_explain(config_load_settings, path, ret_config);
}

int load_config_if_any(const char *path, Config **ret_config)
{
    return load_or_explain(config_load_if_any, path, ret_config);
}

/* ---- files that are being written ---- */

#define LOAD_LOOK_USEC (20 * USEC_PER_MSEC)

/* How long an invalid set may take to become valid. */
#define LOAD_INVALID_USEC (3 * USEC_PER_SEC)

/* What the files are now: 0; -EINTR; -ENOMEM. */
static int load_look(const Sources *seen, Sources *ret_now)
{
    _cleanup_(look_leavep) Look *look = NULL;
    int r = look_begin(seen, &look);

    if (r == 0)
        r = look_wait_patiently(look);
    if (r == 0)
        r = look_end(TAKE_PTR(look), ret_now);
    if (r < 0)
        sources_done(ret_now);
    return r;
}

/* config_load_again() with what `readings` holds, and then with what was read; or -EINTR. */
static int load_all(const char *path, bool only_still, Sources *ret_sources,
                    RosterReadings *readings, Problems *problems, Config **ret_config)
{
    _cleanup_(look_leavep) Look *look = NULL;
    int r = look_begin_load(path, readings, only_still, &look);

    if (r < 0)
        return problems_memory(problems);
    r = look_wait_patiently(look);
    if (r < 0)
        return r;
    roster_readings_done(readings);
    return look_end_load(TAKE_PTR(look), ret_sources, readings, problems, ret_config);
}

/* Waits for the files to be still, or for `until_usec` (monotonic): 1, still; 0, not; -EINTR;
 * -ENOMEM. `seen` is what they were at last. */
static int load_wait_still(Sources *seen, uint64_t until_usec)
{
    const struct timespec pause = {.tv_nsec = LOAD_LOOK_USEC * 1000};
    uint64_t still_usec = clock_monotonic_usec(), now_usec = still_usec;

    while (now_usec - still_usec < SOURCES_STILL_USEC) {
        Sources now = {0};
        int r;

        if (print_is_to_end())
            return -EINTR;
        if (now_usec >= until_usec)
            return 0;
        nanosleep(&pause, NULL);
        r = load_look(seen, &now);
        if (r < 0)
            return r;
        now_usec = clock_monotonic_usec();
        if (!sources_equal(seen, &now, NULL))
            still_usec = now_usec;
        sources_done(seen);
        *seen = now;
    }
    return 1;
}

/* Waits for invalid files to change, and then to be still: 0 to read them again; -EINVAL when the
 * time is over without a change; -EINTR; -ENOMEM. */
static int load_wait_change(Sources *seen, uint64_t until_usec)
{
    const struct timespec pause = {.tv_nsec = LOAD_LOOK_USEC * 1000};

    while (clock_monotonic_usec() < until_usec) {
        Sources now = {0};
        bool has_changed;
        int r;

        if (print_is_to_end())
            return -EINTR;
        nanosleep(&pause, NULL);
        r = load_look(seen, &now);
        if (r < 0)
            return r;
        has_changed = !sources_equal(seen, &now, NULL);
        sources_done(seen);
        *seen = now;
        if (has_changed) {
            r = load_wait_still(seen, until_usec);
            return r < 0 ? r : 0;
        }
    }
    return -EINVAL;
}

static void load_log_again(const char *path, const Sources *sources)
{
    int most = (int)(LOAD_INVALID_USEC / USEC_PER_SEC);

    if (sources->unread)
        log_event(LOG_LEVEL_WARNING, NULL,
                  "%s: cannot be read, and may be on its way: looked for again for %d s at most",
                  sources->unread, most);
    else
        log_event(LOG_LEVEL_WARNING, NULL,
                  "%s: settings or rosters are invalid, and may be half-written: read again when "
                  "they change, for %d s at most",
                  path, most);
}

/* Settings that were not there to begin with are no half of anything. */
static bool load_lacks_settings(const Sources *sources)
{
    return sources->unread && str_equal(sources->unread, sources->settings);
}

typedef struct LoadWait {
    uint64_t invalid_usec; /* monotonic: until when it may become valid; 0: it was never invalid */
    uint64_t busy_usec;    /* until when it may keep changing */
    Sources seen;          /* that were still; nothing looked at: none were */
    bool has_read;         /* they were read at least once */
} LoadWait;

/* After a reading: 1, it is good; 0, once more. */
static int load_wait(LoadWait *wait, const char *path, int read, Sources *sources)
{
    uint64_t now_usec = clock_monotonic_usec();
    bool is_first = !wait->has_read;
    bool was_still = wait->seen.settings && sources_equal(&wait->seen, sources, NULL);

    sources_done(&wait->seen);
    wait->seen = *sources;
    wait->has_read = true;
    *sources = (Sources){0};
    if (read == -EINVAL && is_first && load_lacks_settings(&wait->seen))
        return read;
    if (read == -EINVAL) {
        if (wait->invalid_usec == 0) {
            wait->invalid_usec = now_usec + LOAD_INVALID_USEC;
            load_log_again(path, &wait->seen);
        }
        return load_wait_change(&wait->seen, wait->invalid_usec);
    }
    if (was_still || !sources_are_young(&wait->seen, clock_realtime_usec()))
        return 1;
    if (now_usec >= wait->busy_usec)
        return -EAGAIN;
    read = load_wait_still(&wait->seen, wait->busy_usec);
    return read < 0 ? read : 0;
}

/* Where files that were not read yet are young: 0 to read them, still or not; -EINTR; -ENOMEM. */
static int load_wait_first(LoadWait *wait, Sources *sources)
{
    int r;

    wait->seen = *sources;
    *sources = (Sources){0};
    r = load_wait_still(&wait->seen, wait->busy_usec);
    return r < 0 ? r : 0;
}

int load_when_still(const char *path, Sources *ret_sources, RosterReadings *ret_readings,
                    Problems *problems, Config **ret_config)
{
    LoadWait wait = {.busy_usec = clock_monotonic_usec() + SOURCES_BUSY_USEC};
    Config *config = NULL;
    bool is_first = true;
    int r = 0;

    for (; r == 0; is_first = false) {
        config_free(config);
        config = NULL;
        problems_done(problems);
        r = load_all(path, is_first, ret_sources, ret_readings, problems, &config);
        if (r == -EAGAIN)
            r = load_wait_first(&wait, ret_sources);
        else if (r != -ENOMEM && r != -EINTR)
            r = load_wait(&wait, path, r, ret_sources);
    }
    sources_done(ret_sources);
    *ret_sources = wait.seen;
    if (r == 1 || r == -EAGAIN) {
        assert(config);
        *ret_config = config;
        return r == 1 ? 0 : r;
    }
    config_free(config);
    return r;
}

int load_config_when_still(const char *path, Sources *ret_sources, Config **ret_config)
{
    _cleanup_(problems_done) Problems problems = {0};
    _cleanup_(roster_readings_done) RosterReadings readings = {0};
    int r = load_when_still(path, ret_sources, &readings, &problems, ret_config);

    switch (r) {
    case 0:
        return EXIT_IN_SYNC;
    case -EINTR:
        log_event(LOG_LEVEL_NOTICE, NULL, "stopped by a signal before the pass began");
        return EXIT_DRIFT;
    case -EAGAIN:
        config_free(TAKE_PTR(*ret_config));
        log_event(LOG_LEVEL_ERR, NULL,
                  "%s: settings or rosters keep changing for %d s: no pass is made", path,
                  (int)(SOURCES_BUSY_USEC / USEC_PER_SEC));
        return EXIT_FAILED;
    case -EINVAL:
        load_print(&problems);
        return EXIT_INVALID;
    default:
        load_print(&problems);
        return EXIT_FAILED;
    }
}

int load_check(const char *path)
{
    _cleanup_(config_freep) Config *config = NULL;
    _cleanup_(buf_done) Buf warnings = {0}, valid = {0};
    int status = load_config(path, &config);

    if (status != EXIT_IN_SYNC)
        return status;
    warnings_print(config, &warnings);
    if (buf_failed(&warnings) < 0 || warnings.size > 0)
        print_errors(&warnings);
    validation_append_valid(config, &valid);
    if (buf_failed(&valid) < 0) {
        print_errors(&valid);
        return EXIT_FAILED;
    }
    fputs(buf_text(&valid), stdout);
    if (fflush(stdout) == EOF || ferror(stdout)) {
        fprintf(stderr, "the result cannot be printed: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    return EXIT_IN_SYNC;
}
