/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/log/message_ids.h"
#include "daemon/service/notify.h"
#include "daemon/service/service_internal.h"

/* ---- stop ---- */

/* How long the fleet may take, after requests were abandoned, to be told what can be told. */
#define STOP_FLEET_USEC (700 * USEC_PER_MSEC)

static void service_abandon_all(Service *service)
{
    controller_abandon(service->controller);
    service->fleet.is_abandoned = true;
    service_look_later(service);
}

static int service_on_fleet_grace(sd_event_source *source, uint64_t usec, void *userdata)
{
    (void)source;
    (void)usec;
    service_abandon_all(userdata);
    return 0;
}

static int service_on_grace(sd_event_source *source, uint64_t usec, void *userdata)
{
    Service *service = userdata;

    (void)source;
    (void)usec;
    controller_abandon(service->controller);
    service_look_later(service);
    if (sd_event_add_time_relative(service->event, NULL, CLOCK_MONOTONIC, STOP_FLEET_USEC,
                                   USEC_PER_MSEC, service_on_fleet_grace, service) < 0)
        service_abandon_all(service);
    return 0;
}

static int service_on_stop(sd_event_source *source, const struct signalfd_siginfo *info,
                           void *userdata)
{
    const LogFields fields = {.message_id = MESSAGE_STOPPING};
    Service *service = userdata;

    (void)source;
    if (service->why[0]) {
        service_abandon_all(service);
        return 0;
    }
    snprintf(service->why, sizeof(service->why), "stopped by SIG%s",
             sigabbrev_np((int)info->ssi_signo));
    log_event(LOG_LEVEL_INFO, &fields, "%s", service->why);
    notify_stopping();
    notify_status("%s, requests in flight are awaited", service->why);
    controller_stop(service->controller, service->why);
    service_fleet_end(service, service->why);
    service_look_later(service);
    if (sd_event_add_time_relative(service->event, NULL, CLOCK_MONOTONIC, PASS_RUN_GRACE_USEC,
                                   USEC_PER_MSEC, service_on_grace, service) < 0)
        service_abandon_all(service);
    return 0;
}

/* ---- watchdog ---- */

/* Nothing else goes before it, however much a pass has to do; the loop owns it from now on. `r`, or
 * sd-event's error. */
static int service_float_first(sd_event_source *source, int r)
{
    if (r >= 0)
        r = sd_event_source_set_priority(source, SD_EVENT_PRIORITY_IMPORTANT);
    if (r >= 0)
        r = sd_event_source_set_floating(source, true);
    sd_event_source_unref(source);
    return r;
}

static void service_log_stuck(Service *service, bool is_stuck)
{
    const LogFields fields = {.message_id = MESSAGE_STUCK};

    if (is_stuck && !service->is_stuck)
        log_event(LOG_LEVEL_ERR, &fields,
                  "a pass makes no progress: the watchdog is not fed any more, so that the service "
                  "manager starts rosterd anew");
    service->is_stuck = is_stuck;
}

static int service_on_watchdog(sd_event_source *source, uint64_t usec, void *userdata)
{
    Service *service = userdata;
    uint64_t now_usec = clock_monotonic_usec();

    (void)usec;
    service_log_stuck(service, controller_is_stuck(service->controller, now_usec));
    if (!service->is_stuck)
        notify_watchdog();
    sd_event_source_set_time(source, now_usec + service->watchdog_usec);
    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return 0;
}

int service_begin_watchdog(Service *service, Err *err)
{
    sd_event_source *source = NULL;
    int r;

    service->watchdog_usec = notify_watchdog_usec() / 3;
    if (service->watchdog_usec == 0)
        return 0;
    r = sd_event_add_time(service->event, &source, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                          service_on_watchdog, service);
    r = service_float_first(source, r);
    return r < 0 ? err_system(err, r, "cannot set up the watchdog") : 0;
}

/* ---- signals ---- */

static int service_on_hangup(sd_event_source *source, const struct signalfd_siginfo *info,
                             void *userdata)
{
    Service *service = userdata;

    (void)source;
    (void)info;
    if (!service->why[0])
        service_load_asked(service);
    return 0;
}

/* Somebody takes it for another program: that must not end it. */
static int service_on_user(sd_event_source *source, const struct signalfd_siginfo *info,
                           void *userdata)
{
    Service *service = userdata;

    (void)source;
    if (!service->is_user_said)
        log_event(LOG_LEVEL_NOTICE, NULL,
                  "SIG%s means nothing to rosterd and is ignored (SIGHUP reads settings and "
                  "rosters, SIGTERM ends it)",
                  sigabbrev_np((int)info->ssi_signo));
    service->is_user_said = true;
    return 0;
}

int service_catch_signals(Service *service, Err *err)
{
    static const struct {
        int signal;
        sd_event_signal_handler_t handler;
    } signals[] = {
        {SIGTERM, service_on_stop}, {SIGINT, service_on_stop},  {SIGHUP, service_on_hangup},
        {SIGUSR1, service_on_user}, {SIGUSR2, service_on_user},
    };
    int r = 0;

    for (size_t i = 0; i < ELEMENTS(signals) && r >= 0; i++) {
        sd_event_source *source = NULL;

        r = sd_event_add_signal(service->event, &source, signals[i].signal, signals[i].handler,
                                service);
        r = service_float_first(source, r);
    }
    return r < 0 ? err_system(err, r, "cannot set up signals") : 0;
}
