/* SPDX-License-Identifier: MIT */
#include "daemon/service/service.h"

#include <errno.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/hang.h"
#include "daemon/base/log.h"
#include "daemon/cli/exit_status.h"
#include "daemon/log/message_ids.h"
#include "daemon/notify/destination.h"
#include "daemon/service/notify.h"
#include "daemon/service/service_internal.h"
#include "daemon/service/status_line.h"

/* How often a state that cannot be used is tried again. */
#define STATE_RETRY_USEC (10 * USEC_PER_SEC)

void service_show_status(const Service *service)
{
    char text[STATUS_LINE_SIZE], unread[SETTLE_TROUBLE_SIZE];
    bool is_unread = reload_trouble(&service->reload, unread);

    status_line_format(service->controller, service->reload.invalid, is_unread ? unread : NULL,
                       text);
    notify_status("%s", text);
    notices_on_validity(service->notices, service->reload.invalid);
}

static void service_view(const void *userdata, WebView *ret_view)
{
    const Service *service = userdata;

    *ret_view = (WebView){
        .controller = service->controller,
        .state = &service->state,
        .invalid = service->reload.invalid,
        .dry_run = service->options->dry_run,
    };
}

/* ---- the upkeep of the state ---- */

static int service_on_upkeep(sd_event_source *source, uint64_t usec, void *userdata)
{
    Service *service = userdata;
    uint64_t wait_usec = state_keep_up(&service->state, service->controller->config);

    (void)usec;
    sd_event_source_set_time(source, clock_monotonic_usec() + wait_usec);
    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return 0;
}

/* Old history is forgotten, and the rest looked at, from the start and once a day. */
static int service_begin_upkeep(Service *service, Err *err)
{
    int r;

    if (service->options->dry_run)
        return 0;
    r = sd_event_add_time(service->event, NULL, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                          service_on_upkeep, service);
    return r < 0 ? err_system(err, r, "cannot set up the event loop") : 0;
}

/* ---- start ---- */

static int service_set_up(Service *service, Err *err)
{
    int r = sd_event_new(&service->event);

    if (r >= 0)
        r = sd_event_add_defer(service->event, &service->idle, service_on_idle, service);
    if (r >= 0)
        r = sd_event_source_set_enabled(service->idle, SD_EVENT_OFF);
    if (r >= 0)
        r = notices_new(service->event, &service->notices);
    metrics_file_init(&service->metrics_file, service->event, service_view, service);
    service->reload = (Reload){.options = service->options, .event = service->event};
    if (r >= 0)
        r = watch_new(service->event, service_on_watch, service, &service->reload.watch);
    if (r >= 0)
        r = settle_new(service->event, service_on_settled, service_on_busy, service,
                       &service->reload.settle);
    if (r < 0)
        return err_system(err, r, "cannot set up the event loop");
    r = service_catch_signals(service, err);
    if (r < 0)
        return r;
    return service_begin_watchdog(service, err);
}

/* Needs no reload: what the files say by now may be invalid. */
static void service_use_state(Service *service)
{
    controller_use_store(service->controller, service->state.store);
    if (service->next)
        controller_use_store(service->next, service->state.store);
    reload_use_store(&service->reload, service->state.store);
    service_fleet_use_store(service);
    service_use_notices(service);
    controller_ask(service->controller);
    service_show_status(service);
}

/* A full disk is not full for ever: with the state, the deletions come back. */
static int service_on_state_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
    const LogFields fields = {.message_id = MESSAGE_STATE};
    Service *service = userdata;

    if (service->why[0])
        return 0;
    if (state_retry(&service->state, service->controller->config, service->options->dry_run)) {
        log_event(LOG_LEVEL_NOTICE, &fields, "the state can be used again");
        service_use_state(service);
        return 0;
    }
    sd_event_source_set_time(source, usec + STATE_RETRY_USEC);
    sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
    return 0;
}

/* Errors: -EWOULDBLOCK, another rosterd holds the state. One that cannot be used is no error. */
static int service_open_state(Service *service, const Config *config)
{
    bool dry_run = service->options->dry_run;
    int r = dry_run ? state_lock(&service->state, config) : 0;

    if (r >= 0)
        r = state_open(&service->state, config, dry_run);
    if (r >= 0 && !service->state.store)
        sd_event_add_time_relative(service->event, NULL, CLOCK_MONOTONIC, STATE_RETRY_USEC,
                                   USEC_PER_SEC, service_on_state_retry, service);
    return r;
}

/* The exit status, or 0 to go on. */
static int service_load(Service *service, Err *err)
{
    _cleanup_(config_freep) Config *config = NULL;
    Controller *controller = NULL;
    int r = reload_start(&service->reload, &config);

    if (r == -EINTR) {
        log_event(LOG_LEVEL_INFO, NULL, "stopped by a signal");
        return 0;
    }
    if (r < 0)
        return r == -ENOMEM ? EXIT_FAILED : EXIT_INVALID;
    r = control_check(config, err);
    if (r >= 0)
        r = destination_check(config, err);
    if (r < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err->text);
        return r == -ENOMEM ? EXIT_FAILED : EXIT_INVALID;
    }
    if (service_open_state(service, config) < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", service->state.err.text);
        return EXIT_LOCKED;
    }
    r = service_fleet_open(service, config, err);
    if (r >= 0)
        r = controller_new(service->event, TAKE_PTR(config), service->options->dry_run,
                           service->state.store, &service->state.err, &controller, err);
    if (r < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err->text);
        return r == -ENOMEM ? EXIT_FAILED : EXIT_INVALID;
    }
    service->control = control_open(service->event, controller->config, &service->state,
                                    service->options->dry_run, service->reload.invalid);
    control_use_loader(service->control, &(ControlLoader){service_load_for, service_load_cancel,
                                                          service, &service->reload.invalid_usec});
    control_use_notices(service->control, service->notices);
    control_use_shared(service->control, service->fleet.shared);
    service_begin_controller(service, controller);
    r = service_begin_upkeep(service, err);
    return r < 0 ? r : 0;
}

static int service_serve(Service *service)
{
    const LogFields fields = {.message_id = MESSAGE_STARTED};
    const Config *config = service->controller->config;

    log_event(LOG_LEVEL_INFO, &fields, "rosterd %s: %zu channel%s of %zu instance%s%s",
              ROSTERD_VERSION, config->channel_count, config->channel_count == 1 ? "" : "s",
              config->instance_count, config->instance_count == 1 ? "" : "s",
              service->options->dry_run ? ", dry run" : "");
    reload_log_set(config);
    service_show_status(service);
    notify_ready();
    hang_watch(HANG_WAITS, 0);
    return sd_event_loop(service->event);
}

int service_run(const Options *options)
{
    Service service = {.options = options};
    Err err = {0};
    int status = service_set_up(&service, &err);

    if (status == 0)
        status = service_load(&service, &err);
    if (status == 0 && service.controller)
        status = service_serve(&service);
    if (status < 0) {
        log_event(LOG_LEVEL_ERR, NULL, "%s", err_is_set(&err) ? err.text : strerror(-status));
        status = EXIT_FAILED;
    }
    service_end_waiters(&service);
    control_free(service.control);
    notices_free(service.notices);
    free(service.waiters);
    metrics_file_done(&service.metrics_file);
    controller_free(service.retired);
    controller_free(service.next);
    controller_free(service.controller);
    service_fleet_done(&service);
    state_close(&service.state);
    reload_done(&service.reload);
    sd_event_source_disable_unref(service.load_timer);
    sd_event_source_disable_unref(service.idle);
    sd_event_unref(service.event);
    return status;
}
