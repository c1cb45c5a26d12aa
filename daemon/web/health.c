/* SPDX-License-Identifier: MIT */
#include "daemon/web/health.h"

#include "daemon/base/clock.h"
#include "daemon/base/utf8.h"
#include "daemon/fleet/fleet_view.h"

#define HEALTH_INTERVALS 3
#define HEALTH_DURATION_SIZE 32

static bool health_is_ending(const WebView *view)
{
    return view->controller->lifecycle.state >= LIFECYCLE_STOPPING;
}

bool health_append_live(const WebView *view, Buf *buf)
{
    if (view->controller && controller_is_stuck(view->controller, clock_monotonic_usec())) {
        buf_puts(buf, "a pass makes no progress, or one that is due does not begin\n");
        return false;
    }
    buf_puts(buf, "ok\n");
    return true;
}

/* ---- ready ---- */

/* The channels of an instance that were not read in time, and the first of them. */
typedef struct HealthUnread {
    size_t count, first;
    uint64_t read_usec; /* of the first; 0: never */
} HealthUnread;

static HealthUnread health_find_unread(const Scheduler *scheduler, uint64_t bound_usec,
                                       uint64_t now_usec)
{
    HealthUnread unread = {0};

    for (size_t i = scheduler->channel_count; i-- > 0;) {
        uint64_t read_usec = scheduler->read_usec[i];

        if (read_usec != 0 && now_usec - read_usec <= bound_usec)
            continue;
        unread.count++;
        unread.first = i;
        unread.read_usec = read_usec;
    }
    return unread;
}

/* The channel of that number among those of an instance. */
static const RosterChannel *health_channel(const Scheduler *scheduler, size_t number)
{
    const Config *config = scheduler->backend->config;
    const RosterChannel *channel = config->channels;

    for (;; channel++) {
        if (channel->instance == scheduler->instance && number-- == 0)
            return channel;
    }
}

/* Why it was not read, as far as the last pass knows. */
static void health_append_why(const Scheduler *scheduler, size_t number, Buf *buf)
{
    const Report *last = &scheduler->last;

    if (number < last->channel_count && last->channels[number].error) {
        buf_puts(buf, ": ");
        utf8_append_shown(buf, last->channels[number].error->text);
    } else if (scheduler->trouble[0]) {
        buf_puts(buf, ": ");
        utf8_append_shown(buf, scheduler->trouble);
    } else if (scheduler->run) {
        buf_puts(buf, ": a pass is under way");
    }
}

static bool health_append_instance(const Scheduler *scheduler, uint64_t now_usec, Buf *buf)
{
    uint64_t interval_usec = scheduler->backend->config->interval_usec + scheduler->pass_usec;
    HealthUnread unread = health_find_unread(scheduler, HEALTH_INTERVALS * interval_usec, now_usec);
    char duration[HEALTH_DURATION_SIZE];
    const RosterChannel *channel;

    if (unread.count == 0)
        return true;
    channel = health_channel(scheduler, unread.first);
    utf8_append_shown(buf, scheduler->log.instance_name);
    buf_printf(buf, ": %zu of %zu channel%s not read in time, first ", unread.count,
               scheduler->channel_count, scheduler->channel_count == 1 ? "" : "s");
    utf8_append_shown(buf, channel->name ? channel->name : channel->id);
    if (unread.read_usec == 0) {
        buf_puts(buf, ", never");
    } else {
        clock_format_duration(now_usec - unread.read_usec, duration, sizeof(duration));
        buf_printf(buf, ", for %s", duration);
    }
    health_append_why(scheduler, unread.first, buf);
    buf_putc(buf, '\n');
    return false;
}

/* A host that stands by is ready while its lease is good: it could take over. */
static bool health_append_fleet(const Fleet *fleet, Buf *buf)
{
    FleetView view = {0};
    bool is_good = true;

    if (!fleet)
        return true;
    if (fleet_view_fill(fleet, &view) < 0)
        buf_fail(buf);
    else if (!view.has_lease || view.is_name_taken)
        is_good = false;
    if (!is_good) {
        buf_puts(buf, view.is_name_taken ? "fleet: another rosterd holds the name of this host"
                                         : "fleet: this host holds no lease");
        if (view.trouble[0]) {
            buf_puts(buf, ": ");
            utf8_append_shown(buf, view.trouble);
        }
        buf_putc(buf, '\n');
    }
    fleet_view_done(&view);
    return is_good;
}

bool health_append_ready(const WebView *view, Buf *buf)
{
    uint64_t now_usec = clock_monotonic_usec();
    bool is_ready = true;

    if (!view->controller) {
        buf_puts(buf, "rosterd is starting\n");
        return false;
    }
    if (health_is_ending(view)) {
        buf_puts(buf, "rosterd is stopping\n");
        return false;
    }
    for (size_t i = 0; i < view->controller->scheduler_count; i++) {
        const Scheduler *scheduler = &view->controller->schedulers[i];

        if (!scheduler->schedule->stands_by)
            is_ready &= health_append_instance(scheduler, now_usec, buf);
    }
    is_ready &= health_append_fleet(view->controller->backend.fleet, buf);
    if (is_ready)
        buf_puts(buf, "ok\n");
    return is_ready;
}
