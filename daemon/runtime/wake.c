/* SPDX-License-Identifier: MIT */
#include "daemon/runtime/wake.h"

#include <time.h>

#include "daemon/base/clock.h"

/* Before what is done when there is nothing else to do. */
#define WAKE_PRIORITY_IDLE (SD_EVENT_PRIORITY_NORMAL + 10)

/* What is due waits so long at the most for answers that are there already: one commit takes what
 * all of them make. */
#define WAKE_LATE_USEC (10 * USEC_PER_MSEC)

/* sd-event's accuracy of 0 means 250 ms. */
#define WAKE_ACCURACY_USEC 1

static int wake_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    Wake *wake = userdata;

    (void)source;
    (void)usec;
    wake->armed_usec = USEC_NEVER;
    wake->is_due = false;
    wake->on_due(wake->userdata);
    return 0;
}

static int wake_on_idle(sd_event_source *source, void *userdata)
{
    Wake *wake = userdata;

    (void)source;
    wake->is_due = false;
    wake->on_due(wake->userdata);
    return 0;
}

int wake_init(Wake *wake, sd_event *event, WakeOnDue on_due, void *userdata)
{
    int r;

    *wake = (Wake){.armed_usec = USEC_NEVER, .on_due = on_due, .userdata = userdata};
    r = sd_event_add_time(event, &wake->timer, CLOCK_MONOTONIC, 0, WAKE_ACCURACY_USEC,
                          wake_on_timer, wake);
    if (r >= 0)
        r = sd_event_source_set_enabled(wake->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(event, &wake->idle, wake_on_idle, wake);
    if (r >= 0)
        r = sd_event_source_set_enabled(wake->idle, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_source_set_priority(wake->idle, WAKE_PRIORITY_IDLE);
    return r < 0 ? r : 0;
}

void wake_done(Wake *wake)
{
    wake->timer = sd_event_source_disable_unref(wake->timer);
    wake->idle = sd_event_source_disable_unref(wake->idle);
}

static void wake_arm(Wake *wake, uint64_t monotonic_usec)
{
    if (monotonic_usec == wake->armed_usec)
        return;
    wake->armed_usec = monotonic_usec;
    if (monotonic_usec == USEC_NEVER) {
        sd_event_source_set_enabled(wake->timer, SD_EVENT_OFF);
        return;
    }
    sd_event_source_set_time(wake->timer, monotonic_usec);
    sd_event_source_set_enabled(wake->timer, SD_EVENT_ONESHOT);
}

void wake_at(Wake *wake, uint64_t monotonic_usec)
{
    uint64_t now_usec = clock_monotonic_usec();
    bool was_due = wake->is_due;

    wake->is_due = monotonic_usec <= now_usec;
    if (wake->is_due && was_due)
        return;
    sd_event_source_set_enabled(wake->idle, wake->is_due ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
    wake_arm(wake, wake->is_due ? now_usec + WAKE_LATE_USEC : monotonic_usec);
}
