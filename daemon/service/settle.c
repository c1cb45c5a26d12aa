/* SPDX-License-Identifier: MIT */
#include "daemon/service/settle.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/cli/look.h"

/* How often the files are looked at while it waits; less often where that takes its time. */
#define SETTLE_LOOK_USEC (50 * USEC_PER_MSEC)
#define SETTLE_LOOK_SHARE 10

/* How long the loop waits for a look while nothing is changed anyway, and when one that has not
 * ended is worth a line. */
#define SETTLE_TICK_WAIT_USEC (20 * USEC_PER_MSEC)
#define SETTLE_LATE_USEC (2 * USEC_PER_SEC)

/* When files that there was no memory for are read again. */
#define SETTLE_PUT_OFF_USEC (10 * USEC_PER_SEC)

struct Settle {
    sd_event_source *timer;
    Sources read; /* what was read last */
    Look *look;   /* is_waiting: under way, and has not answered yet; NULL: none is */
    Sources seen; /* is_waiting: what the last look saw; nothing looked at: that look failed */
    bool is_waiting;
    bool must_read;        /* is_waiting: also when nothing differs */
    bool is_busy_said;     /* is_waiting */
    uint64_t since_usec;   /* is_waiting, monotonic: when that began */
    uint64_t still_usec;   /* is_waiting, monotonic: since when looks have seen the same */
    bool is_look_old;      /* look: files changed after it began, and it may not show that */
    uint64_t begun_usec;   /* when the last look began, monotonic */
    uint64_t look_usec;    /* what it took */
    bool is_late_said;     /* is_waiting: that the files do not answer */
    const char *busy_path; /* is_waiting: what differed last, of `seen`; may be NULL */
    SettleOnEnd on_end;
    SettleOnBusy on_busy;
    void *userdata;
};

void settle_free(Settle *settle)
{
    if (!settle)
        return;
    sd_event_source_disable_unref(settle->timer);
    look_leavep(&settle->look);
    sources_done(&settle->read);
    sources_done(&settle->seen);
    free(settle);
}

static void settle_forget_look(Settle *settle)
{
    look_leavep(&settle->look);
    settle->look = NULL;
    settle->is_look_old = false;
}

static void settle_stop(Settle *settle)
{
    settle->is_waiting = settle->must_read = false;
    settle->busy_path = NULL;
    settle_forget_look(settle);
    sources_done(&settle->seen);
    sd_event_source_set_enabled(settle->timer, SD_EVENT_OFF);
}

static void settle_look_again(Settle *settle)
{
    uint64_t still_usec = clock_monotonic_usec() - settle->still_usec;
    uint64_t delay_usec = SETTLE_LOOK_USEC;

    if (delay_usec < SETTLE_LOOK_SHARE * settle->look_usec)
        delay_usec = SETTLE_LOOK_SHARE * settle->look_usec;
    if (delay_usec > SOURCES_STILL_USEC)
        delay_usec = SOURCES_STILL_USEC;
    if (still_usec < SOURCES_STILL_USEC && delay_usec > SOURCES_STILL_USEC - still_usec)
        delay_usec = SOURCES_STILL_USEC - still_usec;
    sd_event_source_set_time_relative(settle->timer, delay_usec);
    sd_event_source_set_enabled(settle->timer, SD_EVENT_ONESHOT);
}

static void settle_wait(Settle *settle, bool must_read)
{
    uint64_t now_usec = clock_monotonic_usec();

    settle->must_read = settle->must_read || must_read;
    settle->still_usec = now_usec;
    if (!settle->is_waiting) {
        settle->is_waiting = true;
        settle->is_busy_said = settle->is_late_said = false;
        settle->since_usec = now_usec;
    }
    settle_look_again(settle);
}

/* What the files are now. Without memory nothing is known of them. -EINPROGRESS: they have not
 * answered within `wait_usec`, and the next call asks whether they have by then. */
static int settle_see(Settle *settle, uint64_t wait_usec, Sources *ret_now)
{
    int r = 0;

    if (!settle->look) {
        settle->begun_usec = clock_monotonic_usec();
        settle->is_look_old = false;
        r = look_begin(&settle->read, &settle->look);
    }
    if (r == 0 && !look_wait(settle->look, wait_usec))
        return -EINPROGRESS;
    if (r == 0)
        r = look_end(TAKE_PTR(settle->look), ret_now);
    settle->look_usec = clock_monotonic_usec() - settle->begun_usec;
    if (r < 0)
        sources_done(ret_now);
    return r;
}

/* A look that is under way for longer than that waits for a file system that may be gone. */
bool settle_is_late(const Settle *settle)
{
    return settle->look && clock_monotonic_usec() - settle->begun_usec >= SETTLE_LATE_USEC;
}

static void settle_log_late(Settle *settle)
{
    char path[ASIDE_PATH_SIZE];

    if (!settle->is_late_said && settle_is_late(settle)) {
        look_path(settle->look, path);
        log_event(LOG_LEVEL_WARNING, NULL,
                  "%s does not answer: nothing is added or deleted until it does, and settings and "
                  "rosters are compared with what was read",
                  path);
        settle->is_late_said = true;
        settle->on_busy(settle->userdata);
    } else if (settle->is_late_said && !settle->look) {
        log_event(LOG_LEVEL_NOTICE, NULL, "settings and rosters answer again");
        settle->is_late_said = false;
        settle->on_busy(settle->userdata);
    }
}

static void settle_log_busy(Settle *settle)
{
    if (settle->is_busy_said || clock_monotonic_usec() - settle->since_usec < SOURCES_BUSY_USEC)
        return;
    settle->is_busy_said = true;
    log_event(LOG_LEVEL_WARNING, NULL,
              "settings and rosters keep changing for %d s (last: %s): nothing is added or deleted "
              "until they have been still for %d ms and are read, or on SIGHUP at once",
              (int)(SOURCES_BUSY_USEC / USEC_PER_SEC),
              settle->busy_path ? settle->busy_path : "unknown, out of memory",
              (int)(SOURCES_STILL_USEC / USEC_PER_MSEC));
    settle->on_busy(settle->userdata);
}

static void settle_note(Settle *settle, Sources *now)
{
    const char *path = NULL;
    bool is_known = now->settings && settle->seen.settings;

    if (is_known && sources_equal(&settle->seen, now, &path)) {
        sources_done(now);
        return;
    }
    settle->still_usec = clock_monotonic_usec();
    sources_done(&settle->seen);
    settle->seen = *now;
    *now = (Sources){0};
    settle->busy_path = NULL;
    if (settle->seen.settings && !sources_equal(&settle->read, &settle->seen, &path))
        settle->busy_path = path;
}

static void settle_end(Settle *settle)
{
    bool has_changed = settle->must_read || !sources_equal(&settle->read, &settle->seen, NULL);

    if (has_changed)
        settle_look_again(settle);
    else
        settle_stop(settle);
    settle->on_end(has_changed, settle->userdata);
}

static int settle_on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    Settle *settle = userdata;
    Sources now = {0};
    bool is_still;
    int r;

    (void)source;
    (void)usec;
    assert(settle->is_waiting);
    r = settle_see(settle, SETTLE_TICK_WAIT_USEC, &now);
    settle_log_late(settle);
    if (r == -EINPROGRESS || settle->is_look_old) {
        sources_done(&now);
        settle_look_again(settle);
        return 0;
    }
    settle_note(settle, &now);
    settle_log_busy(settle);
    is_still = clock_monotonic_usec() - settle->still_usec >= SOURCES_STILL_USEC;
    /* Files that are as they were when they were read need no further waiting. */
    if (settle->seen.settings &&
        (is_still || (!settle->must_read && sources_equal(&settle->read, &settle->seen, NULL))))
        settle_end(settle);
    else
        settle_look_again(settle);
    return 0;
}

int settle_new(sd_event *event, SettleOnEnd on_end, SettleOnBusy on_busy, void *userdata,
               Settle **ret_settle)
{
    _cleanup_(settle_freep) Settle *settle = calloc(1, sizeof(*settle));
    int r;

    if (!settle)
        return -ENOMEM;
    settle->on_end = on_end;
    settle->on_busy = on_busy;
    settle->userdata = userdata;
    r = sd_event_add_time(event, &settle->timer, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, settle_on_time,
                          settle);
    if (r >= 0)
        r = sd_event_source_set_enabled(settle->timer, SD_EVENT_OFF);
    if (r < 0)
        return r;
    *ret_settle = TAKE_PTR(settle);
    return 0;
}

void settle_use(Settle *settle, Sources *read, bool is_rushed)
{
    assert(read->settings);
    settle_stop(settle);
    sources_done(&settle->read);
    settle->read = *read;
    *read = (Sources){0};
    if (is_rushed && sources_are_young(&settle->read, clock_realtime_usec()))
        settle_wait(settle, true);
    else
        settle_look(settle);
}

bool settle_accepts(Settle *settle, Sources *read)
{
    assert(settle->is_waiting);
    if ((settle->seen.settings && sources_equal(&settle->seen, read, NULL)) ||
        !sources_are_young(read, clock_realtime_usec()))
        return true;
    settle_forget_look(settle);
    sources_done(&settle->read);
    settle->read = *read;
    *read = (Sources){0};
    settle_wait(settle, true);
    return false;
}

void settle_put_off(Settle *settle)
{
    settle_wait(settle, true);
    sd_event_source_set_time_relative(settle->timer, SETTLE_PUT_OFF_USEC);
    sd_event_source_set_enabled(settle->timer, SD_EVENT_ONESHOT);
}

void settle_hold(Settle *settle)
{
    settle_wait(settle, true);
}

const Sources *settle_get_read(const Settle *settle)
{
    return &settle->read;
}

bool settle_look(Settle *settle)
{
    Sources now = {0};

    if (settle->is_waiting)
        return false;
    if (!settle->read.settings)
        return true;
    if (settle_see(settle, ASIDE_WAIT_USEC, &now) >= 0 &&
        sources_equal(&settle->read, &now, &settle->busy_path)) {
        sources_done(&now);
        return true;
    }
    sources_done(&settle->seen);
    settle->seen = now;
    settle_wait(settle, false);
    return false;
}

void settle_distrust(Settle *settle)
{
    settle->is_look_old = settle->look != NULL;
}

bool settle_is_waiting(const Settle *settle)
{
    return settle->is_waiting;
}

bool settle_trouble(const Settle *settle, char ret_text[static SETTLE_TROUBLE_SIZE])
{
    char path[ASIDE_PATH_SIZE];

    if (!settle->is_waiting)
        return false;
    if (settle_is_late(settle)) {
        look_path(settle->look, path);
        snprintf(ret_text, SETTLE_TROUBLE_SIZE, "%.160s does not answer", path);
        return true;
    }
    if (!settle->busy_path || clock_monotonic_usec() - settle->since_usec < SOURCES_BUSY_USEC)
        return false;
    snprintf(ret_text, SETTLE_TROUBLE_SIZE, "%.160s keeps changing", settle->busy_path);
    return true;
}
